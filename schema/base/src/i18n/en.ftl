# English, with dates that read the same on both sides of the Atlantic.
# A missing argument arrives as "none".

## Refusals: what happened and what to do.

refusal-not-found = We could not find this. Check the link or go back to the list.
refusal-not-allowed = You are not allowed to do this. Ask whoever manages your access.
refusal-conflict = Someone else changed this while you were editing it. Reload and try again.
refusal-required = Please fill in this field.
refusal-too-long =
    { $number ->
        [none] This text is too long. Please shorten it.
        [one] This text is too long. Please use no more than { $number } character.
       *[other] This text is too long. Please use no more than { $number } characters.
    }
refusal-out-of-range =
    { $number ->
        [none] This value is outside the allowed range. Please enter another.
       *[other] This value is outside the allowed range. The limit is { $number }.
    }
refusal-invalid-text = This text contains characters that cannot be stored. Please remove line breaks and invisible symbols.
refusal-invalid-cursor = This page marker does not belong to this list. Go back to the first page.
refusal-invalid-email = This e-mail address is not valid. Please check its spelling.
refusal-taken = This value is already in use. Please enter another.
refusal-password-too-short =
    { $number ->
        [none] This password is too short. Please choose a longer one.
        [one] This password is too short. Please use at least { $number } character.
       *[other] This password is too short. Please use at least { $number } characters.
    }
refusal-idempotency-key-reused = This was already submitted with different data. Reload and fill it in again.
refusal-wrong-credentials = The e-mail address or the password is wrong. Check both and try again.
refusal-too-many-attempts =
    { $number ->
        [none] There were too many attempts. Please wait a few minutes and try again.
        [one] There were too many attempts. Please wait { $number } minute and try again.
       *[other] There were too many attempts. Please wait { $number } minutes and try again.
    }
refusal-access-pending = Your access has not been activated yet. Please wait until an administrator of your company activates it.
refusal-invitation-invalid = This invitation is no longer valid. Ask whoever invited you for a new one.
refusal-ticket-closed = This ticket is closed. To continue, reopen it or open a new one.
refusal-ticket-open = This ticket is already open; there is no need to reopen it.
refusal-reopen-period-over =
    { $number ->
        [none] The time to reopen this ticket is over. Please open a new one.
        [one] The period of { $number } day to reopen this ticket is over. Please open a new one.
       *[other] The period of { $number } days to reopen this ticket is over. Please open a new one.
    }
refusal-reopen-not-offered = A closed ticket cannot be reopened from here. Please open a new one.
refusal-reason-required = Please give the reason. It will be sent to the client.
refusal-no-linked-user = This client has no user yet who could read the message. First give someone access to the client area.
refusal-nothing-to-transfer = The ticket is already with this person or department. Please choose another.
refusal-department-without-lead = Nobody leads this department at present. Please choose a person or another department.
refusal-service-item-inactive = This service is no longer offered. Please choose another from the list.
refusal-wrong-currency = This amount is not in the firm's currency. Please enter it in the firm's currency.
refusal-charge-paid = This charge is already paid and can no longer be changed.
refusal-charge-canceled = This charge was canceled and can no longer be changed. If needed, create another.
refusal-charge-not-overdue = This charge is not overdue. Please choose overdue charges only.
refusal-delivery-not-retryable = This e-mail was already sent or is still in the queue. Only failed e-mails can be sent again.
refusal-no-recipient = There is nobody left to send this e-mail to.
refusal-address-suppressed = E-mails to this address are coming back. Correct the address or release it before sending again.
refusal-file-empty = This file is empty. Please choose another.
refusal-file-too-large =
    { $number ->
        [none] This file is too large. Please send a smaller one.
       *[other] This file is too large. Please send one of at most { $number } MB.
    }
refusal-file-type-not-allowed = Files of this type are not accepted. Please send a PDF, an image, an Office document, a CSV, TXT, XML, OFX or ZIP file.
refusal-invalid-checksum = The checksum of this file is not valid. Please choose the file again.
refusal-too-much-unsettled =
    { $number ->
        [none] Too many uploads are still being checked or not attached to anything. Please finish with them, or try again later.
       *[other] More than { $number } MB of uploads are still being checked or not attached to anything. Please finish with them, or try again later.
    }
refusal-upload-expired = The time to upload this file is over. Please choose it again.
refusal-file-not-uploaded = This file has not arrived. Please upload it again.
refusal-file-incomplete = This file did not arrive in full. Please upload it again.
refusal-file-altered = This file arrived damaged. Please upload it again.
refusal-file-type-mismatch = The content of this file is not what its name says. Please check it and send it in an accepted format.
refusal-file-infected = A virus or other malware was found in this file, so it was not accepted. Please check your device.
refusal-file-unverifiable = This file could not be checked. Please send it again.
refusal-file-unused = This file was never attached and has been removed. Please send it again.
refusal-file-not-ready = This file is still being checked. Please try again in a moment.
refusal-file-attached = This file is already attached. Please upload it again to attach it elsewhere.

## Failures of a request as a whole.

failure-unauthenticated = Please sign in to continue.
failure-bad-request = This request could not be understood. Reload and try again.
failure-unavailable = The service is temporarily unavailable. Please try again in a moment.
failure-internal =
    { $request ->
        [none] Something went wrong on our side. If it happens again, please contact support.
       *[other] Something went wrong on our side. If it happens again, please contact support and quote the code { $request }.
    }

## Statuses of a ticket.

ticket-status-open = Open
ticket-status-reopened = Reopened
ticket-status-in-analysis = In analysis
ticket-status-waiting = Waiting
ticket-status-canceled = Canceled
ticket-status-rejected = Rejected
ticket-status-finished = Finished

## Dates. $year and $time arrive as written.

date-time =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }, { $time }

## A label and its value, in plain text.

labelled = { $label }: { $value }

## Mail: the status of a ticket changed. The subject is the same for the whole conversation.

ticket-mail-subject = Ticket #{ $number }: { $subject }
ticket-mail-preview = New status: { $new }
ticket-mail-greeting =
    { $recipient ->
        [none] Hello,
       *[other] Hello { $recipient },
    }
ticket-mail-lead = The status of ticket #{ $number } has changed.
ticket-mail-status = Status
ticket-mail-before = Before: { $old }
ticket-mail-reason = Reason
ticket-mail-client = Client
ticket-mail-price = Price
ticket-mail-acted-by = Changed by
ticket-mail-at = Date
ticket-mail-reply = To get in touch with us, reply to this e-mail.
ticket-mail-footer = This notice from { $firm } about the tickets of { $client } was sent automatically.

## Notifications: what staff are told, and the mail about it.

notification-ticket-assigned = Ticket #{ $number } is now yours.
notification-department-ticket = Ticket #{ $number } has come to your department.
notification-client-message = { $client } wrote about ticket #{ $number }.
notification-client-file = { $client } handed in a file on ticket #{ $number }.
notification-ticket-reopened = { $client } reopened ticket #{ $number }.
notification-mail-message = Message
notification-mail-description = Description
notification-mail-note = Note
notification-mail-from = From
notification-mail-acted-by = By
notification-mail-reply = Answer the client in the ticket: replies to this e-mail do not reach them.
notification-mail-footer = { $firm } sends you this notice automatically, because you chose to receive it by e-mail as well. You can change this in your preferences.

## Columns of the exported list of tickets.

ticket-export-number = Number
ticket-export-client = Client
ticket-export-opened-by = Opened by
ticket-export-subject = Subject
ticket-export-assignee = Assignee
ticket-export-department = Department
ticket-export-service-item = Service
ticket-export-status = Status
ticket-export-price = Price
ticket-export-currency = Currency
ticket-export-created-at = Opened
ticket-export-updated-at = Last change
ticket-export-closed-at = Closed
