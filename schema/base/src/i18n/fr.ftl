# Français. Vouvoiement. Espaces insécables (U+00A0) devant « : », fines (U+202F) devant « ; ! ? ».
# Un argument absent arrive comme "none".

## Refus : ce qui s'est passé et ce qu'il faut faire.

refusal-not-found = Cet élément est introuvable. Vérifiez le lien ou revenez à la liste.
refusal-not-allowed = Vous n’avez pas l’autorisation d’effectuer cette action. Adressez-vous à la personne qui gère les accès.
refusal-conflict = Une autre personne a modifié cet élément entre-temps. Actualisez la page et réessayez.
refusal-required = Renseignez ce champ.
refusal-too-long =
    { $number ->
        [none] Ce texte est trop long. Raccourcissez-le.
       *[other] Ce texte compte { $asked } caractères. Utilisez-en { $number } au maximum.
    }
refusal-out-of-range =
    { $unit ->
        [items] { $asked } éléments ont été indiqués. Indiquez-en de { $least } à { $most }.
        [zone] Le fuseau horaire « { $asked } » n’est pas connu. Saisissez un nom comme Europe/Paris.
        [currency] La devise « { $asked } » n’est pas connue. Saisissez son code, par exemple EUR.
        [city] La commune { $asked } se trouve en { $name }. Indiquez d’abord la région, puis la commune.
        [country] Le pays « { $asked } » n’est pas connu. Saisissez son code à deux lettres, par exemple FR.
       *[none]
            { $least ->
                [none] Cette valeur est hors des limites autorisées. Saisissez-en une autre.
               *[other] { $asked } est hors des limites autorisées. Saisissez une valeur de { $least } à { $most }.
            }
    }
refusal-mutually-exclusive = Ces valeurs s’excluent. N’en indiquez qu’une.
refusal-invalid-text = Ce texte contient des caractères non autorisés, par exemple des sauts de ligne ou des caractères invisibles. Supprimez-les.
refusal-invalid-cursor = Cette page de la liste ne peut pas être affichée. Revenez à la première page.
refusal-invalid-email = Cette adresse e-mail n’est pas valide. Vérifiez la saisie.
refusal-invalid-registration =
    { $why ->
        [length] Ce numéro compte { $found } chiffres et lettres. Dans ce pays, il en compte { $lengths }.
        [character] « { $found } » n’a pas sa place ici dans un numéro d’immatriculation. Vérifiez la saisie.
        [digits] La clé de contrôle de ce numéro ({ $kind }) n’est pas bonne. Cherchez un chiffre mal saisi.
        [placeholder] Ce numéro ({ $kind }) ne sert qu’à remplir un formulaire. Saisissez le vrai.
       *[none] Ce numéro d’immatriculation n’est pas valide. Vérifiez la saisie.
    }
refusal-in-use = Ce réglage ne peut plus être modifié, car il est utilisé. Créez-en un nouveau.
refusal-invalid-rule =
    { $why ->
        [type] Une valeur d’un autre type est attendue ici.
        [missing] Il manque quelque chose ici.
        [unknown] Ce nom ne fait pas partie des règles d’échéance.
        [range] Cette valeur est trop petite, trop grande ou trop longue.
        [value] Cette valeur n’est pas de celles que connaissent les règles d’échéance.
        [size] La règle a trop de cas ou compte trop de jours.
        [calendar] Un calendrier manque, ou rien ne l’utilise.
        [bounds] Ces bornes ne sont ni des mois, ni des années, ni des jours, ou la dernière précède la première.
        [overlap] Une autre version vaut déjà pour ces périodes.
        [depends] La règle dépend d’une autre qui n’existe pas, concerne d’autres périodes ou dépend d’elle.
        [country] Le calendrier est celui d’un autre pays.
        [period] La période est d’un autre type.
       *[none] Cette règle d’échéance n’est pas valide.
    }
refusal-not-for-place =
    { $why ->
        [narrower] Au lieu du client, c’est { $name } qui vaut. Choisissez le travail correspondant.
        [elsewhere] Ce travail relève du droit de { $name }, où la fiche du client n’a pas de siège. Renseignez le lieu du client, ou choisissez le travail prévu pour ce lieu.
       *[none] Ce travail n’est pas prévu pour le lieu du client. Renseignez le lieu du client, ou choisissez un autre travail.
    }
refusal-invalid-filter = Ces filtres ne conviennent pas à cette liste. Choisissez-les à nouveau.
refusal-invalid-order = Cet ordre ne convient pas à cette liste. Choisissez-le à nouveau.
refusal-list-too-long =
    { $number ->
        [none] Cette liste est trop longue pour être envoyée en une fois. Faites préparer le fichier, ou réduisez la liste par des filtres.
       *[other] Cette liste compte { $asked } lignes ; { $number } au plus peuvent être envoyées en une fois. Faites préparer le fichier, ou réduisez la liste par des filtres.
    }
refusal-too-many-exports = Plusieurs fichiers sont déjà en préparation pour vous. Attendez que l’un d’eux soit prêt.
refusal-taken = Cette valeur est déjà utilisée. Saisissez-en une autre.
refusal-password-too-short =
    { $number ->
        [none] Le mot de passe est trop court. Choisissez-en un plus long.
        [one] Le mot de passe est trop court. Utilisez au moins { $number } caractère.
       *[other] Le mot de passe est trop court. Utilisez au moins { $number } caractères.
    }
refusal-idempotency-key-reused = Ce formulaire a déjà été envoyé avec d’autres données. Actualisez la page et remplissez-le de nouveau.
refusal-wrong-credentials = L’adresse e-mail ou le mot de passe est incorrect. Vérifiez les deux et réessayez.
refusal-too-many-attempts =
    { $number ->
        [none] Trop de tentatives. Patientez quelques minutes, puis réessayez.
        [one] Trop de tentatives. Patientez { $number } minute, puis réessayez.
       *[other] Trop de tentatives. Patientez { $number } minutes, puis réessayez.
    }
refusal-too-fast =
    { $number ->
        [none] Trop d’actions à la fois. Attendez un instant et réessayez.
        [one] Trop d’actions à la fois. Attendez { $number } seconde et réessayez.
       *[other] Trop d’actions à la fois. Attendez { $number } secondes et réessayez.
    }
refusal-access-pending = Votre accès n’est pas actif. Adressez-vous à la personne qui gère les accès.
refusal-invitation-invalid = Cette invitation n’est plus valable. Demandez-en une nouvelle à la personne qui vous l’a envoyée.
refusal-generation-running = Les tâches sont encore en cours de génération. Attendez la fin.
refusal-ticket-closed = Ce ticket est clos. Pour continuer, rouvrez-le ou ouvrez-en un nouveau.
refusal-ticket-open = Ce ticket est déjà ouvert. Il n’est pas nécessaire de le rouvrir.
refusal-task-closed = Cette tâche est terminée ou annulée. Pour continuer, rouvrez-la.
refusal-task-touched = Cette tâche n’a pas été générée, ou quelqu’un y a déjà travaillé. Annulez-la.
refusal-documents-missing = Des documents obligatoires de cette tâche manquent. Confirmez qu’elle est terminée sans eux.
refusal-status-not-settable = Ce statut est défini automatiquement. Choisissez-en un autre.
refusal-reopen-period-over =
    { $number ->
        [none] Le délai pour rouvrir ce ticket est dépassé. Ouvrez un nouveau ticket.
        [one] Le délai de { $number } jour pour rouvrir ce ticket est dépassé. Ouvrez un nouveau ticket.
       *[other] Le délai de { $number } jours pour rouvrir ce ticket est dépassé. Ouvrez un nouveau ticket.
    }
refusal-reopen-not-offered = Le cabinet ne permet pas de rouvrir un ticket clos. Ouvrez un nouveau ticket.
refusal-reason-required = Indiquez le motif. Il sera communiqué au client.
refusal-no-linked-user = Ce client n’a encore aucun utilisateur qui puisse lire le message. Donnez d’abord à quelqu’un un accès à l’espace client.
refusal-nothing-to-transfer = Le ticket est déjà confié à cette personne ou à ce service. Choisissez un autre destinataire.
refusal-department-without-lead = Ce service n’a pas de responsable pour le moment. Choisissez une personne ou un autre service.
refusal-service-item-inactive = Cette prestation n’est plus proposée. Choisissez-en une autre dans la liste.
refusal-wrong-currency =
    { $currency ->
        [none] Ce montant n’est pas dans la devise du cabinet. Saisissez-le dans la devise du cabinet.
       *[other] Ce montant est en { $asked }, mais la devise du cabinet est { $currency }. Saisissez-le en { $currency }.
    }
refusal-charge-paid = Cette créance est déjà réglée et ne peut plus être modifiée. Si besoin, créez-en une autre.
refusal-charge-canceled = Cette créance a été annulée et ne peut plus être modifiée. Si besoin, créez-en une autre.
refusal-charge-not-overdue = Cette créance n’est pas échue. Choisissez uniquement des créances échues.
refusal-delivery-not-retryable = Cet e-mail a déjà été envoyé ou est encore en attente d’envoi. Choisissez uniquement des e-mails en échec.
refusal-no-recipient = Il n’y a aucune adresse à laquelle envoyer cet e-mail. Renseignez l’adresse e-mail du client ou vérifiez qui a accès.
refusal-address-suppressed = Les e-mails envoyés à cette adresse reviennent. Corrigez l’adresse ou débloquez-la avant un nouvel envoi.
refusal-sender-record-missing =
    { $name ->
        [none] L’enregistrement est introuvable dans le DNS. Publiez-le avec la valeur indiquée ; un nouvel enregistrement peut mettre jusqu’à un jour à apparaître.
       *[other] L’enregistrement { $name } est introuvable dans le DNS. Publiez-le avec la valeur indiquée ; un nouvel enregistrement peut mettre jusqu’à un jour à apparaître.
    }
refusal-sender-record-different =
    { $name ->
        [none] L’enregistrement a une autre valeur dans le DNS. Remplacez-la par la valeur indiquée, ou ajoutez cette valeur.
       *[other] L’enregistrement { $name } a une autre valeur dans le DNS. Remplacez-la par la valeur indiquée, ou ajoutez cette valeur.
    }
refusal-dns-unavailable = Le DNS n’a pas répondu, l’enregistrement n’a donc pas pu être vérifié. Réessayez dans quelques minutes.
refusal-file-empty = Ce fichier est vide. Choisissez-en un autre.
refusal-file-too-large =
    { $number ->
        [none] Ce fichier est trop volumineux. Envoyez-en un plus petit.
       *[other] Ce fichier fait { $asked } Mo. Envoyez-en un de { $number } Mo au maximum.
    }
refusal-file-type-not-allowed = Les fichiers de ce type ne sont pas acceptés. Envoyez un PDF, une image, un document Office, un e-mail, un fichier bancaire ou texte, un fichier signé ou une archive.
refusal-invalid-checksum = L’intégrité de ce fichier n’a pas pu être confirmée. Choisissez-le à nouveau.
refusal-too-much-unsettled =
    { $number ->
        [none] Trop de fichiers sont en cours de vérification ou ne sont pas encore joints. Joignez-les ou réessayez plus tard.
       *[other] Plus de { $number } Mo de fichiers sont en cours de vérification ou ne sont pas encore joints. Joignez-les ou réessayez plus tard.
    }
refusal-upload-expired = Le délai pour envoyer ce fichier est dépassé. Choisissez-le à nouveau.
refusal-file-not-uploaded = Ce fichier n’est pas arrivé. Envoyez-le à nouveau.
refusal-file-incomplete = Ce fichier n’est pas arrivé en entier. Envoyez-le à nouveau.
refusal-file-altered = Ce fichier est arrivé endommagé. Envoyez-le à nouveau.
refusal-file-type-mismatch = Le contenu de ce fichier ne correspond pas à son extension. Vérifiez-le et envoyez-le dans un format accepté.
refusal-file-infected = Ce fichier contient un virus ou un autre logiciel malveillant et n’a pas été accepté. Analysez votre appareil avec un antivirus.
refusal-file-unverifiable = Ce fichier n’a pas pu être vérifié. Envoyez-le à nouveau.
refusal-file-unused = Ce fichier n’a pas été joint à temps et a été supprimé. Envoyez-le à nouveau.
refusal-file-expired = Ce fichier n’est plus conservé. Exportez la liste à nouveau.
refusal-file-not-ready = Ce fichier est encore en cours de vérification. Réessayez dans un instant.
refusal-file-not-previewable = Ce fichier ne peut pas être affiché ici : il est protégé par un mot de passe ou d’un type que les navigateurs n’affichent pas. Téléchargez-le.
refusal-file-attached = Ce fichier est déjà joint. Envoyez-le à nouveau pour le joindre ailleurs.
refusal-wrong-direction = Cela ne va pas avec le sens du document : le client remet ce qu’il apporte, et le cabinet livre le reste.
refusal-document-not-expected = Ce document n’est plus attendu. Si vous voulez quand même l’envoyer, ouvrez un ticket.
refusal-document-too-late = Le cabinet a terminé ce travail et n’accepte plus de fichiers. Envoyez le fichier avec un ticket.
refusal-already-handed-in = Ce fichier a déjà été remis : il n’y a plus rien à faire.
refusal-document-filed = Un fichier a déjà été remis. S’il est erroné, demandez au cabinet de le refuser.
refusal-nothing-to-reject = Il n’y a aucun fichier à refuser.
refusal-nothing-to-publish = Aucun fichier n’attend d’être publié : il l’est déjà, ou aucun n’a été envoyé.
refusal-nothing-to-unpublish = Rien n’est publié qui puisse être retiré.
refusal-document-read = Quelqu’un chez le client a déjà ouvert ce document. Livrez plutôt une nouvelle version.
refusal-approval-not-asked = Ce document n’attend aucune approbation.

## Échecs de la requête entière.

failure-unauthenticated = Connectez-vous pour continuer.
failure-membership-required = Choisissez le cabinet ou l’espace client avec lequel continuer.
failure-membership-changed = Vous travaillez maintenant dans un autre cabinet ou espace client dans ce navigateur. Actualisez la page.
failure-unavailable = Le service est momentanément indisponible. Réessayez dans un instant.
failure-internal =
    { $request ->
        [none] Une erreur est survenue de notre côté. Si elle se reproduit, contactez l’assistance.
       *[other] Une erreur est survenue de notre côté. Si elle se reproduit, contactez l’assistance en indiquant le code { $request }.
    }

## Statuts d'un ticket.

ticket-status-open = Ouvert
ticket-status-reopened = Rouvert
ticket-status-in-analysis = En cours d’analyse
ticket-status-waiting = En attente
ticket-status-canceled = Annulé
ticket-status-rejected = Refusé
ticket-status-finished = Terminé

## Dates. $year et $time arrivent déjà écrits.

date-time = { day-number } { month-name } { $year } à { $time }
weekday-date = { weekday-name } { day-number } { month-name } { $year }
day-number =
    { $day ->
        [1] 1er
       *[other] { $day }
    }
month-name =
    { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[other] décembre
    }
weekday-name =
    { $weekday ->
        [1] lundi
        [2] mardi
        [3] mercredi
        [4] jeudi
        [5] vendredi
        [6] samedi
       *[other] dimanche
    }

## Un libellé et sa valeur, en texte brut.

labelled = { $label } : { $value }

## Tout e-mail.

mail-greeting =
    { $recipient ->
        [none] Bonjour,
       *[other] Bonjour { $recipient },
    }

## E-mail : le statut du ticket a changé. L'objet est le même pour toute la conversation.

ticket-mail-subject = Ticket #{ $number } : { $subject }
ticket-mail-preview = Nouveau statut : { $new }
ticket-mail-lead = Le statut du ticket #{ $number } a changé.
ticket-mail-status = Statut
ticket-mail-before = Avant : { $old }
ticket-mail-reason = Motif
ticket-mail-client = Client
ticket-mail-price = Prix
ticket-mail-acted-by = Modifié par
ticket-mail-at = Date
ticket-mail-reply = Pour nous contacter, répondez à cet e-mail.
ticket-mail-footer = Ce message de { $firm } au sujet des tickets de { $client } a été envoyé automatiquement.

## Notifications : ce que l'équipe apprend, et l'e-mail à ce sujet.

notification-ticket-assigned = Le ticket #{ $number } vous a été confié.
notification-department-ticket = Le ticket #{ $number } a été confié à votre service.
notification-client-message = { $client } a envoyé un message dans le ticket #{ $number }.
notification-client-file = { $client } a déposé un fichier dans le ticket #{ $number }.
notification-ticket-reopened = { $client } a rouvert le ticket #{ $number }.
notification-document-handed-in = { $client } a remis { $document }.
notification-late-file = { $client } a remis un fichier de { $document } une fois le travail terminé.
notification-document-approved = { $client } a approuvé { $document }.
notification-document-contested = { $client } conteste { $document }.
notification-task-assigned = { $client } : la tâche « { $title } » vous a été confiée.
notification-tasks-assigned = { $count } tâches vous ont été confiées.
notification-tasks-generated = Nouvelles tâches générées : { $count }.
notification-due-dates-moved = Échéances de tâches déplacées : { $count }.
notification-due-dates-final = Échéances de tâches désormais définitives : { $count }.
notification-due-dates-to-move = Échéances de tâches que les règles et calendriers donnent désormais autrement : { $count }. Vérifiez-les et déplacez-les.
notification-catalogue-changed = Le catalogue modifie des obligations adoptées : { $count }. Vérifiez ces changements et reprenez-les.
notification-mail-message = Message
notification-mail-description = Description
notification-mail-note = Note
notification-mail-from = De
notification-mail-acted-by = Effectué par
notification-mail-reply = Répondez au client dans le ticket : il ne reçoit pas les réponses à cet e-mail.
notification-mail-footer = { $firm } vous a envoyé ce message automatiquement. Vous avez choisi de le recevoir aussi par e-mail : vous pouvez modifier ce choix dans vos préférences.

## Mail: tasks were assigned to a staff member.

task-mail-subject = Tâche : { $title }
task-mail-subject-several = Tâches qui vous sont confiées ({ $count })
task-mail-due = Échéance
task-mail-more = { $count } de plus
task-mail-reply = Les tâches se trouvent dans Guichet : les réponses à cet e-mail ne parviennent pas au client.
document-mail-subject = Document : { $document }
document-mail-several = { $client } a remis { $count } fichiers.
document-mail-reply = Les documents se trouvent dans Guichet : les réponses à cet e-mail ne parviennent pas au client.

## Statuses of tasks.

task-status-todo = À faire
task-status-in-progress = En cours
task-status-waiting-client = En attente du client
task-status-done = Terminée
task-status-canceled = Annulée

## E-mail aux propriétaires : la preuve de l’expéditeur a disparu.

sender-mail-subject = Vos e-mails ne partent plus de l’adresse { $sender }
sender-mail-lead = L’enregistrement DNS qui prouve que le domaine { $domain } appartient à { $firm } a disparu. En attendant son retour, vos e-mails partent de l’adresse { $from }, toujours sous le nom de votre cabinet ; les réponses vous parviennent toujours.
sender-mail-heading = Publiez de nouveau l’enregistrement
sender-mail-name = Nom de l’enregistrement
sender-mail-type = Type
sender-mail-value = Valeur
sender-mail-at = Constaté
sender-mail-after = Dès son retour, vos e-mails partiront de nouveau de l’adresse { $sender } dans un délai d’environ une heure, sans autre démarche. Un propriétaire peut aussi le vérifier aussitôt dans les paramètres.
sender-mail-footer = Les propriétaires de { $firm } reçoivent ce message automatiquement.

## Colonnes de la liste exportée des tickets.

ticket-export-number = Numéro
ticket-export-client = Client
ticket-export-opened-by = Ouvert par
ticket-export-subject = Objet
ticket-export-assignee = Responsable
ticket-export-department = Service
ticket-export-service-item = Prestation
ticket-export-status = Statut
ticket-export-price = Prix
ticket-export-currency = Devise
ticket-export-created-at = Ouvert le
ticket-export-updated-at = Dernière modification
ticket-export-closed-at = Clos le

## Colonnes de la liste exportée des tâches.

task-export-title = Tâche
task-export-client = Client
task-export-task-type = Type de tâche
task-export-period = Période
task-export-assignee = Responsable
task-export-department = Service
task-export-status = Statut
task-export-legal-due-on = Échéance légale
task-export-target-on = Date cible
task-export-hand-in-by = À remettre avant le
task-export-created-at = Créée le
task-export-updated-at = Dernière modification
task-export-closed-at = Close le

## Le calendrier auquel d’autres programmes s’abonnent.

feed-name = { $firm } : échéances
feed-hand-in = À remettre : { $what }
feed-due = Échéance : { $what }
feed-target = Date cible : { $what }
feed-provisional = La date peut encore changer.

## Comment une échéance a été trouvée, pas à pas. Les dates arrivent déjà écrites.

due-period-start = La période commence le { $to }.
due-period-end = La période se termine le { $to }.
due-rule = L’obligation { $key } est due le { $to } ({ $source }).
due-legal-date = L’échéance légale est le { $to }.
due-event = Date retenue ({ $key }) : { $to }.
due-months =
    { $direction ->
        [back] { $number } mois plus tôt : { $to }.
       *[on] { $number } mois plus tard : { $to }.
    }
due-day =
    { $number ->
        [1] Le 1er du mois : { $to }.
       *[other] Le { $number } du mois : { $to }.
    }
due-last-day = Le dernier jour du mois : { $to }.
due-nth-business-day =
    { $direction ->
        [back] { $number ->
            [1] Le dernier jour ouvré du mois ({ $calendar }) : { $to }.
           *[other] Le { $number }e jour ouvré en partant de la fin du mois ({ $calendar }) : { $to }.
        }
       *[on] { $number ->
            [1] Le 1er jour ouvré du mois ({ $calendar }) : { $to }.
           *[other] Le { $number }e jour ouvré du mois ({ $calendar }) : { $to }.
        }
    }
due-days =
    { $direction ->
        [back] { $number ->
            [one] { $number } jour plus tôt : { $to }.
           *[other] { $number } jours plus tôt : { $to }.
        }
       *[on] { $number ->
            [one] { $number } jour plus tard : { $to }.
           *[other] { $number } jours plus tard : { $to }.
        }
    }
due-business-days =
    { $direction ->
        [back] { $number ->
            [one] { $number } jour ouvré plus tôt ({ $calendar }) : { $to }.
           *[other] { $number } jours ouvrés plus tôt ({ $calendar }) : { $to }.
        }
       *[on] { $number ->
            [one] { $number } jour ouvré plus tard ({ $calendar }) : { $to }.
           *[other] { $number } jours ouvrés plus tard ({ $calendar }) : { $to }.
        }
    }
due-before = L’échéance passe du { $from } au jour ouvré précédent ({ $calendar }) : { $to }.
due-after = L’échéance passe du { $from } au jour ouvré suivant ({ $calendar }) : { $to }.
due-table = Le calendrier de l’administration indique le { $to }.
due-own-table = Le cabinet a fixé le { $to }.
due-extension = L’administration l’a reportée au { $to } ({ $source }).
due-override = Pour ce client, elle a été fixée au { $to } ({ $source }).
due-set = La date a été fixée au { $to }.
due-choose = Fiche du client, { $key } : { $value }.
due-beaten = Sans cela, ce serait le { $date } ({ $source }).
day-off-weekly = Le { $date } n’est pas un jour ouvré.
day-off-holiday =
    { $source ->
        [none] Le { $date } est un { $level } : { $name }.
       *[other] Le { $date } est un { $level } : { $name } ({ $source }).
    }
holiday-national = jour férié national
holiday-region = jour férié régional
holiday-city = jour férié communal
yes = oui
no = non

## Pourquoi une échéance peut encore changer.

provisional-attribute-missing = La fiche du client n’indique pas : { $key }. Cette date est la plus proche possible.
provisional-place-missing = La fiche du client n’indique pas : { $key }. Cette date est la plus proche parmi les lieux connus ; un autre lieu peut en avoir une plus proche.
provisional-region-unknown = La région de { $place } n’est pas connue. Cette date est la plus proche parmi toutes les régions.
provisional-event-unknown = Cette date n’est pas encore connue : { $name }.
provisional-calendar-year = Les jours fériés de { $year } ({ $place }) ne sont pas encore définitifs.
provisional-no-working-day = Il n’y a aucun jour ouvré à moins d’un mois.
provisional-open = Une donnée dont dépend la date n’est pas encore connue.

## Calendriers.

calendar-br-bank = jours bancaires au Brésil
calendar-br-filing = jours de dépôt au Brésil
calendar-br-labour = jours ouvrables au Brésil, samedi compris
calendar-fr-filing = jours de dépôt en France
calendar-fr-ouvrable = jours ouvrables en France, samedi compris
calendar-fr-labour = jours de travail en France, samedi compris
calendar-fr-bank = jours bancaires en France
calendar-es-filing = jours ouvrés en Espagne
calendar-es-labour = jours ouvrables en Espagne, samedi compris
calendar-es-bank = jours bancaires en Espagne
calendar-pt-filing = jours de dépôt au Portugal
calendar-pt-labour = jours ouvrables au Portugal, samedi compris
calendar-pt-bank = jours bancaires au Portugal
calendar-office = jours d’ouverture du cabinet

## Ce que les règles demandent sur un client.

attribute-region = région
attribute-city = commune
attribute-legalform = forme juridique
legal-form-sole = entrepreneur individuel
legal-form-company = société
legal-form-sa = société anonyme (SA)
legal-form-other = autre forme
attribute-department = département
attribute-registrationprefix = début du numéro SIREN
attribute-nameinitial = première lettre du nom
attribute-staff = effectif
attribute-payrolldeferred = paie versée le mois suivant
attribute-adhered = adhésion au nouveau régime
attribute-accountsapproved = approbation des comptes

period-month = { $month }/{ $year }
period-months = { $from }–{ $month }/{ $year }
period-quarter = T{ $quarter } { $year }
period-year = { $year }
period-fiscal-year = exercice { $month }/{ $year }

## Why a due date moves.

move-rule = La règle a changé : { $source }.
move-rule-none = Il n’y a plus de date pour cette période, ou pas encore.
move-extension = L’administration a modifié la date : { $source }.
move-override = Ce que le cabinet a convenu pour ce client a changé : { $source }.
move-calendar = Les jours non ouvrés jusqu’à la date ont changé.
move-event = Ce que la règle attend a eu lieu, ou un autre jour.
move-client = La fiche du client a changé.
move-own-rule = Les règles propres au cabinet pour ses dates ont changé.
move-certainty = La date reste ; son degré de certitude a changé.

## E-mail : documents livrés, et accusés de réception.

documents-mail-subject = Nouveaux documents pour { $client }
documents-mail-lead = { $firm } a publié des documents pour { $client } dans votre espace client.
documents-mail-due = À échéance le { $date }
documents-mail-no-due = Sans échéance
documents-mail-footer = Ce message de { $firm } au sujet des documents de { $client } a été envoyé automatiquement.
receipt-mail-subject = Accusé de réception : documents de { $client }
receipt-mail-lead = { $firm } a bien reçu ces fichiers de { $client } de votre part.
receipt-mail-at = Reçu
receipt-mail-by = Remis par
receipt-mail-after = Chaque fichier est vérifié avant de compter. Si l’un d’eux est refusé, vous le verrez dans votre espace client.

## Dossiers d’une bibliothèque.

document-category-tax = Impôts
document-category-payroll = Paie
document-category-accounting = Comptabilité
document-category-corporate = Juridique
document-category-other = Divers
