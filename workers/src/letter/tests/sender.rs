use guichet_base::id::Id;
use guichet_schema::people::firm::mails::Loss;

use super::*;

/// F-06: owners are told in their language from where their mails come now, and what to publish.
#[test]
fn f_06_a_lost_proof() {
    for &locale in Locale::ALL {
        let [firm, ..] = sample_names(locale);
        let mut mailing = sample_mailing(locale, firm, "", Some("Beatriz Almeida"));
        mailing.delivery.firm_id = FirmId::decode("firm_00000000000000000000000000000007").unwrap();
        mailing.delivery.thread_subject = None;
        mailing.addresses.from = Email::parse("notices@operator.example");
        let loss =
            Loss { sender: "avisos@horizonte.example".to_owned(), domain: "horizonte.example".to_owned() };
        let rendered = render(&loss.letter(&mailing), &mailing);
        insta::assert_snapshot!(
            format!("lost_proof_{locale}"),
            format!("Subject: {}\n\n{}", rendered.subject, rendered.text)
        );
        assert!(rendered.html.contains("_guichet.horizonte.example"));
    }
}
