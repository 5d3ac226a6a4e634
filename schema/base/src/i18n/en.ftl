# English, with dates that read the same on both sides of the Atlantic.
# A missing argument arrives as "none".

## Refusals: what happened and what to do.

refusal-not-found = This record was not found. Check the link or go back to the list.
refusal-not-allowed = You do not have permission to do this. Ask the person who manages access.
refusal-conflict = Someone else changed this record while you were editing it. Reload the page and try again.
refusal-required = Fill in this field.
refusal-too-long =
    { $number ->
        [none] This text is too long. Shorten it.
       *[other] This text has { $asked } characters. Use no more than { $number }.
    }
refusal-out-of-range =
    { $unit ->
        [items] { $asked } items were given. Give { $least } to { $most }.
        [zone] The time zone “{ $asked }” is not known. Enter a name such as Europe/Paris.
        [currency] The currency “{ $asked }” is not known. Enter its code, for example EUR.
        [city] The city { $asked } lies in { $name }. Set the region first, then the city.
        [country] The country “{ $asked }” is not known. Enter its code of two letters, for example FR.
       *[none]
            { $least ->
                [none] This value is outside the allowed range. Enter another one.
               *[other] { $asked } is outside the allowed range. Enter a value from { $least } to { $most }.
            }
    }
refusal-mutually-exclusive = These values exclude each other. Give only one of them.
refusal-invalid-text = This text contains characters that are not allowed, for example line breaks or invisible characters. Remove them.
refusal-invalid-cursor = This page of the list cannot be shown. Go back to the first page.
refusal-invalid-email = This e-mail address is not valid. Check the spelling.
refusal-invalid-registration =
    { $why ->
        [length] This number has { $found } digits and letters. One of this country has { $lengths }.
        [character] “{ $found }” does not belong there in a registration number. Check the spelling.
        [digits] The check digits of this { $kind } do not fit. Look for a mistyped digit.
        [placeholder] This { $kind } only fills a form. Enter the real one.
       *[none] This registration number is not valid. Check the spelling.
    }
refusal-in-use = This cannot be changed any more, because something uses it. Create a new one.
refusal-invalid-rule =
    { $why ->
        [type] A value of another type belongs here.
        [missing] Something is missing here.
        [unknown] This name is not part of due rules.
        [range] This value is too small, too large or too long.
        [value] This value is not one of those that due rules know.
        [size] The rule has too many cases, or counts too many days.
        [calendar] A working calendar is missing, or nothing uses it.
        [bounds] These bounds are no months, years or days, or the last lies before the first.
        [overlap] Another version already holds for these periods.
        [depends] The rule depends on one that does not exist, is for other periods, or depends on it.
        [country] The calendar is that of another country.
        [period] The period is of another kind.
       *[none] This due rule is not valid.
    }
refusal-not-for-place =
    { $why ->
        [narrower] At the place of the client { $name } holds instead. Choose the work for it.
        [elsewhere] This work is by the law of { $name }, where the client’s record has no seat. Enter the client’s place, or choose the work for its place.
       *[none] This work is not for the place of the client. Enter the client’s place, or choose other work.
    }
refusal-invalid-filter = These filters do not fit this list. Choose them again.
refusal-invalid-order = This order does not fit this list. Choose it again.
refusal-list-too-long =
    { $number ->
        [none] This list is too long to be sent at once. Have the file prepared, or choose fewer rows with filters.
       *[other] This list has { $asked } rows, and at most { $number } can be sent at once. Have the file prepared, or choose fewer rows with filters.
    }
refusal-too-many-exports = Several files are already being prepared for you. Wait until one is ready.
refusal-taken = This value is already in use. Enter another one.
refusal-password-too-short =
    { $number ->
        [none] This password is too short. Choose a longer one.
        [one] This password is too short. Use at least { $number } character.
       *[other] This password is too short. Use at least { $number } characters.
    }
refusal-idempotency-key-reused = This form was already submitted with different data. Reload the page and fill it in again.
refusal-wrong-credentials = The e-mail address or the password is incorrect. Check both and try again.
refusal-too-many-attempts =
    { $number ->
        [none] Too many attempts. Wait a few minutes and try again.
        [one] Too many attempts. Wait { $number } minute and try again.
       *[other] Too many attempts. Wait { $number } minutes and try again.
    }
refusal-too-fast =
    { $number ->
        [none] That was too much at once. Wait a moment and try again.
        [one] That was too much at once. Wait { $number } second and try again.
       *[other] That was too much at once. Wait { $number } seconds and try again.
    }
refusal-access-pending = Your access is not active. Ask the person who manages access to activate it.
refusal-invitation-invalid = This invitation is no longer valid. Ask the person who sent it for a new one.
refusal-generation-running = Tasks are still being generated. Wait until this has ended.
refusal-ticket-closed = This ticket is closed. To continue, reopen it or open a new one.
refusal-ticket-open = This ticket is already open. There is no need to reopen it.
refusal-task-closed = This task is done or canceled. To continue, reopen it.
refusal-task-touched = This task was not generated, or somebody has worked on it. Cancel it instead.
refusal-documents-missing = Required documents of this task are missing. Confirm that it is done without them.
refusal-status-not-settable = This status is set automatically. Choose another one.
refusal-reopen-period-over =
    { $number ->
        [none] The period for reopening this ticket is over. Open a new ticket.
        [one] The period of { $number } day for reopening this ticket is over. Open a new ticket.
       *[other] The period of { $number } days for reopening this ticket is over. Open a new ticket.
    }
refusal-reopen-not-offered = The firm does not allow closed tickets to be reopened. Open a new ticket.
refusal-reason-required = Give the reason. It will be sent to the client.
refusal-no-linked-user = This client has no user yet who could read the message. First give someone access to the client area.
refusal-nothing-to-transfer = This person or department already has the ticket. Choose another one.
refusal-department-without-lead = This department has no lead at the moment. Choose a person or another department.
refusal-service-item-inactive = This service is no longer offered. Choose another one from the list.
refusal-wrong-currency =
    { $currency ->
        [none] This amount is not in the firm’s currency. Enter it in the firm’s currency.
       *[other] This amount is in { $asked }, but the firm’s currency is { $currency }. Enter it in { $currency }.
    }
refusal-charge-paid = This charge is already paid and can no longer be changed. If necessary, create another one.
refusal-charge-canceled = This charge was canceled and can no longer be changed. If necessary, create another one.
refusal-charge-not-overdue = This charge is not overdue. Select overdue charges only.
refusal-delivery-not-retryable = This e-mail was already sent or is still in the queue. Select failed e-mails only.
refusal-no-recipient = There is no address to send this e-mail to. Enter an e-mail address for the client or check who has access.
refusal-address-suppressed = E-mails to this address are being returned. Correct the address or unblock it before sending again.
refusal-sender-record-missing =
    { $name ->
        [none] The record was not found in DNS. Publish it with the value shown; a new record can take up to a day to appear.
       *[other] The record { $name } was not found in DNS. Publish it with the value shown; a new record can take up to a day to appear.
    }
refusal-sender-record-different =
    { $name ->
        [none] The record has another value in DNS. Replace it with the value shown, or add that value.
       *[other] The record { $name } has another value in DNS. Replace it with the value shown, or add that value.
    }
refusal-dns-unavailable = DNS did not answer, so the record could not be checked. Try again in a few minutes.
refusal-file-empty = This file is empty. Choose another one.
refusal-file-too-large =
    { $number ->
        [none] This file is too large. Upload a smaller one.
       *[other] This file has { $asked } MB. Upload one of at most { $number } MB.
    }
refusal-file-type-not-allowed = Files of this type are not accepted. Upload a PDF, an image, an Office document, an e-mail, a bank or text file, a signed file or an archive.
refusal-invalid-checksum = The integrity of this file could not be confirmed. Choose it again.
refusal-too-much-unsettled =
    { $number ->
        [none] Too many files are being checked or not attached yet. Attach them or try again later.
       *[other] More than { $number } MB of files are being checked or not attached yet. Attach them or try again later.
    }
refusal-upload-expired = The time to upload this file is over. Choose it again.
refusal-file-not-uploaded = This file did not arrive. Upload it again.
refusal-file-incomplete = This file did not arrive completely. Upload it again.
refusal-file-altered = This file arrived damaged. Upload it again.
refusal-file-type-mismatch = The content of this file does not match its extension. Check it and upload it in an accepted format.
refusal-file-infected = This file contains a virus or other malware and was not accepted. Scan your device for viruses.
refusal-file-unverifiable = This file could not be checked. Upload it again.
refusal-file-unused = This file was not attached in time and has been removed. Upload it again.
refusal-file-expired = This file is no longer kept. Export the list again.
refusal-file-not-ready = This file is still being checked. Try again in a moment.
refusal-file-not-previewable = This file cannot be shown here: it has a password, or is of a kind that browsers do not show. Download it.
refusal-file-attached = This file is already attached. Upload it again to attach it elsewhere.
refusal-wrong-direction = This does not go with the direction of the document: clients hand in what they bring, and the firm delivers the rest.
refusal-document-not-expected = This document is not expected any more. If you want to send it all the same, open a ticket.
refusal-document-too-late = The firm has finished this work and takes no files for it any more. Send the file with a ticket.
refusal-already-handed-in = This file was handed in already, so there is nothing left to do.
refusal-document-filed = A file was handed in already. If it is wrong, ask the firm to reject it.
refusal-nothing-to-reject = There is no file that could be rejected.
refusal-nothing-to-publish = No file waits to be published: it is published already, or nothing was uploaded.
refusal-nothing-to-unpublish = Nothing is published that could be taken back.
refusal-document-read = Somebody of the client has already opened this document. Deliver a new version instead.
refusal-approval-not-asked = This document does not wait for an approval.

## Failures of a request as a whole.

failure-unauthenticated = Sign in to continue.
failure-membership-required = Choose the firm or client area with which to continue.
failure-membership-changed = You are now working in another firm or client area in this browser. Reload the page.
failure-unavailable = The service is temporarily unavailable. Try again in a moment.
failure-internal =
    { $request ->
        [none] Something went wrong on our side. If it happens again, contact support.
       *[other] Something went wrong on our side. If it happens again, contact support and quote the code { $request }.
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

date-time = { day-number } { month-name } { $year }, { $time }
weekday-date = { weekday-name } { day-number } { month-name } { $year }
day-number = { $day }
month-name =
    { $month ->
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
       *[other] December
    }
weekday-name =
    { $weekday ->
        [1] Monday
        [2] Tuesday
        [3] Wednesday
        [4] Thursday
        [5] Friday
        [6] Saturday
       *[other] Sunday
    }

## A label and its value, in plain text.

labelled = { $label }: { $value }

## Every mail.

mail-greeting =
    { $recipient ->
        [none] Hello,
       *[other] Hello { $recipient },
    }

## Mail: the status of a ticket changed. The subject is the same for the whole conversation.

ticket-mail-subject = Ticket #{ $number }: { $subject }
ticket-mail-preview = New status: { $new }
ticket-mail-lead = The status of ticket #{ $number } has changed.
ticket-mail-status = Status
ticket-mail-before = Before: { $old }
ticket-mail-reason = Reason
ticket-mail-client = Client
ticket-mail-price = Price
ticket-mail-acted-by = Changed by
ticket-mail-at = Date
ticket-mail-reply = To get in touch with us, reply to this e-mail.
ticket-mail-footer = This message from { $firm } about the tickets of { $client } was sent automatically.

## Notifications: what staff are told, and the mail about it.

notification-ticket-assigned = Ticket #{ $number } has been assigned to you.
notification-department-ticket = Ticket #{ $number } has been assigned to your department.
notification-client-message = { $client } sent a message on ticket #{ $number }.
notification-client-file = { $client } sent a file on ticket #{ $number }.
notification-ticket-reopened = { $client } reopened ticket #{ $number }.
notification-document-handed-in = { $client } handed in { $document }.
notification-late-file = { $client } handed in a file of { $document } after the work was done.
notification-document-approved = { $client } approved { $document }.
notification-document-contested = { $client } contests { $document }.
notification-task-assigned = { $client }: the task “{ $title }” has been assigned to you.
notification-tasks-assigned = { $count } tasks have been assigned to you.
notification-tasks-generated = New tasks were generated: { $count }.
notification-due-dates-moved = Due dates of tasks moved: { $count }.
notification-due-dates-final = Due dates of tasks are now final: { $count }.
notification-due-dates-to-move = Due dates of tasks that rules and calendars say otherwise now: { $count }. Look at them, and let them move.
notification-catalogue-changed = The catalogue has changes for adopted obligations: { $count }. Look at them, and take them over.
notification-mail-message = Message
notification-mail-description = Description
notification-mail-note = Note
notification-mail-from = From
notification-mail-acted-by = Done by
notification-mail-reply = Answer the client on the ticket itself: replies to this e-mail do not reach the client.
notification-mail-footer = { $firm } sent you this message automatically. You chose to receive it by e-mail as well; you can change this in your preferences.

## Mail: tasks were assigned to a staff member.

task-mail-subject = Task: { $title }
task-mail-subject-several = Tasks assigned to you ({ $count })
task-mail-due = Due
task-mail-more = { $count } more
task-mail-reply = The tasks are in Guichet: replies to this e-mail do not reach the client.
document-mail-subject = Document: { $document }
document-mail-several = { $client } handed in { $count } files.
document-mail-reply = The documents are in Guichet: replies to this e-mail do not reach the client.

## Statuses of tasks.

task-status-todo = To do
task-status-in-progress = In progress
task-status-waiting-client = Waiting for the client
task-status-done = Done
task-status-canceled = Canceled

## Mail to owners: the proof of the sender is gone.

sender-mail-subject = Your e-mails are no longer sent from { $sender }
sender-mail-lead = The DNS record that proves that { $domain } belongs to { $firm } is gone. Until it is back, your e-mails come from { $from }, still under the name of your firm; replies still reach you.
sender-mail-heading = Publish the record again
sender-mail-name = Name of the record
sender-mail-type = Type
sender-mail-value = Value
sender-mail-at = Noticed
sender-mail-after = Once the record is back, your e-mails come from { $sender } again within about an hour; nothing else needs to be done. An owner can also check it at once in the settings.
sender-mail-footer = The owners of { $firm } get this message automatically.

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

## Columns of the exported list of tasks.

task-export-title = Task
task-export-client = Client
task-export-task-type = Kind of work
task-export-period = Period
task-export-assignee = Assignee
task-export-department = Department
task-export-status = Status
task-export-legal-due-on = Legal due date
task-export-target-on = Target date
task-export-hand-in-by = Hand in by
task-export-created-at = Created
task-export-updated-at = Last change
task-export-closed-at = Closed

## The calendar that other programs subscribe to.

feed-name = { $firm }: due dates
feed-hand-in = Hand in: { $what }
feed-due = Due: { $what }
feed-target = Target: { $what }
feed-provisional = The date may still change.

## How a due date was found, step by step. Dates arrive written out.

due-period-start = The period begins on { $to }.
due-period-end = The period ends on { $to }.
due-rule = Obligation { $key } is due on { $to } ({ $source }).
due-legal-date = The legal date is { $to }.
due-event = The { $key } was on { $to }.
due-months =
    { $direction ->
        [back] { $number ->
            [one] One month earlier: { $to }.
           *[other] { $number } months earlier: { $to }.
        }
       *[on] { $number ->
            [one] One month later: { $to }.
           *[other] { $number } months later: { $to }.
        }
    }
due-day = Day { $number } of the month: { $to }.
due-last-day = The last day of the month: { $to }.
due-nth-business-day =
    { $direction ->
        [back] { $number ->
            [one] The last business day of the month ({ $calendar }): { $to }.
           *[other] Business day { $number } of the month, counted from its end ({ $calendar }): { $to }.
        }
       *[on] Business day { $number } of the month ({ $calendar }): { $to }.
    }
due-days =
    { $direction ->
        [back] { $number ->
            [one] One day earlier: { $to }.
           *[other] { $number } days earlier: { $to }.
        }
       *[on] { $number ->
            [one] One day later: { $to }.
           *[other] { $number } days later: { $to }.
        }
    }
due-business-days =
    { $direction ->
        [back] { $number ->
            [one] One business day earlier ({ $calendar }): { $to }.
           *[other] { $number } business days earlier ({ $calendar }): { $to }.
        }
       *[on] { $number ->
            [one] One business day later ({ $calendar }): { $to }.
           *[other] { $number } business days later ({ $calendar }): { $to }.
        }
    }
due-before = It moves from { $from } to the working day before ({ $calendar }): { $to }.
due-after = It moves from { $from } to the next working day ({ $calendar }): { $to }.
due-table = The authority’s calendar says { $to }.
due-own-table = The firm fixed { $to }.
due-extension = The authority extended it to { $to } ({ $source }).
due-override = For this client it was set to { $to } ({ $source }).
due-set = The date was set to { $to }.
due-choose = On the client’s record, the { $key } is { $value }.
due-beaten = Without this it would be { $date } ({ $source }).
day-off-weekly = { $date } is not a working day.
day-off-holiday =
    { $source ->
        [none] { $date } is a { $level }: { $name }.
       *[other] { $date } is a { $level }: { $name } ({ $source }).
    }
holiday-national = national holiday
holiday-region = regional holiday
holiday-city = municipal holiday
yes = yes
no = no

## Why a due date may still change.

provisional-attribute-missing = The client’s record does not say the { $key }. This is the earliest possible date.
provisional-place-missing = The client’s record does not say the { $key }. This is the earliest date in the places that are known; another place may have an earlier one.
provisional-region-unknown = The region of { $place } is not known. This is the earliest date in all regions.
provisional-event-unknown = The date of the { $name } is not known yet.
provisional-calendar-year = The holidays of { $place } for { $year } are not final yet.
provisional-no-working-day = There is no working day within a month.
provisional-open = Something on which the date depends is not known yet.

## Working calendars.

calendar-br-bank = Brazilian bank days
calendar-br-filing = Brazilian filing days
calendar-br-labour = Brazilian working days, Saturdays included
calendar-fr-filing = French filing days
calendar-fr-ouvrable = French business days, Saturdays included
calendar-fr-labour = French working days, Saturdays included
calendar-fr-bank = French bank days
calendar-es-filing = Spanish business days
calendar-es-labour = Spanish working days, Saturdays included
calendar-es-bank = Spanish bank days
calendar-pt-filing = Portuguese filing days
calendar-pt-labour = Portuguese working days, Saturdays included
calendar-pt-bank = Portuguese bank days
calendar-office = the firm’s own working days

## What rules ask of a client.

attribute-region = region
attribute-city = city
attribute-legalform = legal form
legal-form-sole = sole owner
legal-form-company = company
legal-form-sa = public limited company (SA)
legal-form-other = other form
attribute-department = department
attribute-registrationprefix = start of the registration number
attribute-nameinitial = first letter of the name
attribute-staff = number of employees
attribute-payrolldeferred = payment of wages in the following month
attribute-adhered = joining of the new scheme
attribute-accountsapproved = approval of the accounts

period-month = { $month }/{ $year }
period-months = { $from }–{ $month }/{ $year }
period-quarter = Q{ $quarter } { $year }
period-year = { $year }
period-fiscal-year = FY { $month }/{ $year }

## Why a due date moves.

move-rule = The rule changed: { $source }.
move-rule-none = There is no date for this period any more, or not yet.
move-extension = The authority changed the date: { $source }.
move-override = The firm’s agreement for this client changed: { $source }.
move-calendar = The days off on the way to the date changed.
move-event = What the rule waits for happened, or on another day.
move-client = The client’s record changed.
move-own-rule = The firm’s own rules for its dates changed.
move-certainty = The date stays; how certain it is changed.

## E-mail: documents that were delivered, and receipts.

documents-mail-subject = New documents for { $client }
documents-mail-lead = { $firm } has published documents for { $client } in your client area.
documents-mail-due = Due on { $date }
documents-mail-no-due = No due date
documents-mail-footer = This message from { $firm } about the documents of { $client } was sent automatically.
receipt-mail-subject = Receipt: documents of { $client }
receipt-mail-lead = { $firm } has received these files of { $client } from you.
receipt-mail-at = Received
receipt-mail-by = Handed in by
receipt-mail-after = Each file is checked before it counts. If one is refused, you see it in your client area.

## Folders of a library.

document-category-tax = Taxes
document-category-payroll = Payroll
document-category-accounting = Accounting
document-category-corporate = Corporate
document-category-other = Other
