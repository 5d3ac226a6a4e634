//! What is set, and how it is read again.

use async_graphql::parser::types::TypeKind;
use guichet_server::graphql::sdl;

use crate::reading::{Contract, input_fields};

/// What can be set can be read, under its own name or that of the thing: whoever changes one field of many sends the others back
/// as they are.
#[test]
fn what_is_set_can_be_read() {
    // Read under another name, because there it is more than what was set, or belongs to the thing that it is set for.
    const ELSEWHERE: &[&str] = &[
        "ClientAttributeSetInput.clientId",
        "ClientCreateInput.otherRegistrations",
        "ClientEventSetInput.clientId",
        "ClientUpdateInput.otherRegistrations",
        "DueDateExtensionCreateInput.obligationId",
        "FileUploadCreateInput.files",
        "PortalAccessCreateInput.clientId",
        "PortalAccessCreateInput.locale",
        "RuleVersionCreateInput.obligationId",
        "RuleVersionCreateInput.version",
        "RuleVersionUpdateInput.version",
        // They are not among its documents.
        "TaskCreateInput.unexpectedDocumentIds",
        "TaskTypeCreateInput.recurrence",
        "TaskTypeUpdateInput.recurrence",
        "TicketCreateInput.collectChargeIds",
        "TicketCreateInput.fileIds",
        "TicketTransferInput.to",
    ];
    let contract = Contract::read(&sdl());
    let mut complaints = Vec::new();
    for (input, definition) in &contract.types {
        let Some(thing) = input.strip_suffix("Input") else { continue };
        let thing = ["Create", "Update", "Edit", "Set"]
            .iter()
            .find_map(|verb| thing.strip_suffix(verb))
            .unwrap_or(thing);
        if !contract.types.get(thing).is_some_and(|of| matches!(of.kind, TypeKind::Object(_))) {
            continue;
        }
        for field in input_fields(definition).iter().map(|field| field.node.name.node.as_str()) {
            let place = format!("{input}.{field}");
            let of_call = ["id", "idempotencyKey", "expectedVersion"].contains(&field);
            let names = [
                Some(field.to_owned()),
                field.strip_suffix("Id").map(str::to_owned),
                field.strip_suffix("Ids").map(|of| format!("{of}s")),
            ];
            let is_read = names.iter().flatten().any(|name| contract.field(thing, name).is_some());
            if !of_call && !is_read && !ELSEWHERE.contains(&place.as_str()) {
                complaints.push(format!("{place} cannot be read of {thing}"));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}
