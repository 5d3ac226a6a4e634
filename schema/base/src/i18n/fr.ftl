# Français. Vouvoiement. Espaces insécables (U+00A0) devant « : », fines (U+202F) devant « ; ! ? ».
# Un argument absent arrive comme "none".

## Refus : ce qui s'est passé et ce qu'il faut faire.

refusal-not-found = Cet élément est introuvable. Vérifiez le lien ou revenez à la liste.
refusal-not-allowed = Vous n'êtes pas autorisé à effectuer cette action. Adressez-vous à la personne qui gère les accès.
refusal-conflict = Cet élément a été modifié entre-temps par quelqu'un d'autre. Rechargez et réessayez.
refusal-required = Veuillez remplir ce champ.
refusal-too-long =
    { $number ->
        [none] Ce texte est trop long. Veuillez le raccourcir.
        [one] Ce texte est trop long. Utilisez au maximum { $number } caractère.
       *[other] Ce texte est trop long. Utilisez au maximum { $number } caractères.
    }
refusal-out-of-range =
    { $number ->
        [none] Cette valeur est hors des limites autorisées. Veuillez en saisir une autre.
       *[other] Cette valeur est hors des limites autorisées. La limite est { $number }.
    }
refusal-invalid-text = Ce texte contient des caractères qui ne peuvent pas être enregistrés. Supprimez les sauts de ligne et les symboles invisibles.
refusal-invalid-cursor = Ce repère de page ne correspond pas à cette liste. Revenez à la première page.
refusal-invalid-email = Cette adresse e-mail n'est pas valide. Veuillez en vérifier l'orthographe.
refusal-taken = Cette valeur est déjà utilisée. Veuillez en saisir une autre.
refusal-password-too-short =
    { $number ->
        [none] Le mot de passe est trop court. Choisissez-en un plus long.
        [one] Le mot de passe est trop court. Utilisez au moins { $number } caractère.
       *[other] Le mot de passe est trop court. Utilisez au moins { $number } caractères.
    }
refusal-idempotency-key-reused = Cet envoi a déjà été fait avec d'autres données. Rechargez et remplissez de nouveau.
refusal-wrong-credentials = L'adresse e-mail ou le mot de passe est incorrect. Vérifiez les deux et réessayez.
refusal-too-many-attempts =
    { $number ->
        [none] Trop de tentatives ont eu lieu. Veuillez patienter quelques minutes, puis réessayez.
        [one] Trop de tentatives ont eu lieu. Veuillez patienter { $number } minute, puis réessayez.
       *[other] Trop de tentatives ont eu lieu. Veuillez patienter { $number } minutes, puis réessayez.
    }
refusal-access-pending = Votre accès n'est pas encore activé. Veuillez attendre qu'un administrateur de votre société l'active.
refusal-invitation-invalid = Cette invitation n'est plus valable. Demandez-en une nouvelle à la personne qui vous a invité.
refusal-ticket-closed = Ce ticket est clos. Pour continuer, rouvrez-le ou ouvrez-en un nouveau.
refusal-ticket-open = Ce ticket est déjà ouvert ; il n'est pas nécessaire de le rouvrir.
refusal-reopen-period-over =
    { $number ->
        [none] Le délai pour rouvrir ce ticket est dépassé. Veuillez en ouvrir un nouveau.
        [one] Le délai de { $number } jour pour rouvrir ce ticket est dépassé. Veuillez en ouvrir un nouveau.
       *[other] Le délai de { $number } jours pour rouvrir ce ticket est dépassé. Veuillez en ouvrir un nouveau.
    }
refusal-reopen-not-offered = Un ticket clos ne peut pas être rouvert ici. Veuillez en ouvrir un nouveau.
refusal-reason-required = Veuillez indiquer le motif. Il sera transmis au client.
refusal-no-linked-user = Ce client n'a encore aucun utilisateur qui puisse lire le message. Donnez d'abord à quelqu'un un accès à l'espace client.
refusal-nothing-to-transfer = Le ticket est déjà confié à cette personne ou à ce service. Choisissez une autre destination.
refusal-department-without-lead = Ce service n'a pas de responsable pour le moment. Choisissez une personne ou un autre service.
refusal-service-item-inactive = Cette prestation n'est plus proposée. Choisissez-en une autre dans la liste.
refusal-wrong-currency = Ce montant n'est pas dans la devise du cabinet. Saisissez-le dans la devise du cabinet.
refusal-charge-paid = Cette somme est déjà réglée et ne peut plus être modifiée.
refusal-charge-canceled = Cette somme a été annulée et ne peut plus être modifiée. Si besoin, créez-en une autre.
refusal-charge-not-overdue = Cette somme n'est pas échue. Choisissez uniquement des sommes échues.
refusal-delivery-not-retryable = Cet e-mail a déjà été envoyé ou est encore en attente. Seuls les e-mails en échec peuvent être renvoyés.
refusal-no-recipient = Il n'y a plus personne à qui envoyer cet e-mail.
refusal-address-suppressed = Les e-mails à cette adresse reviennent. Corrigez l'adresse ou débloquez-la avant de renvoyer.
refusal-file-empty = Ce fichier est vide. Veuillez en choisir un autre.
refusal-file-too-large =
    { $number ->
        [none] Ce fichier est trop volumineux. Veuillez en envoyer un plus petit.
       *[other] Ce fichier est trop volumineux. Veuillez en envoyer un de { $number } Mo au maximum.
    }
refusal-file-type-not-allowed = Les fichiers de ce type ne sont pas acceptés. Veuillez envoyer un PDF, une image, un document Office, ou un fichier CSV, TXT, XML, OFX ou ZIP.
refusal-invalid-checksum = La somme de contrôle de ce fichier n’est pas valide. Veuillez choisir le fichier à nouveau.
refusal-too-much-unsettled =
    { $number ->
        [none] Trop d’envois sont encore en cours de vérification ou ne sont joints à rien. Veuillez les joindre ou réessayer plus tard.
       *[other] Plus de { $number } Mo d’envois sont encore en cours de vérification ou ne sont joints à rien. Veuillez les joindre ou réessayer plus tard.
    }
refusal-upload-expired = Le délai pour envoyer ce fichier est écoulé. Veuillez le choisir à nouveau.
refusal-file-not-uploaded = Ce fichier n’est pas arrivé. Veuillez l’envoyer à nouveau.
refusal-file-incomplete = Ce fichier n’est pas arrivé en entier. Veuillez l’envoyer à nouveau.
refusal-file-altered = Ce fichier est arrivé endommagé. Veuillez l’envoyer à nouveau.
refusal-file-type-mismatch = Le contenu de ce fichier n’est pas ce que dit son nom. Veuillez le vérifier et l’envoyer dans un format accepté.
refusal-file-infected = Ce fichier contient un virus ou un autre logiciel malveillant et n’a donc pas été accepté. Veuillez vérifier votre appareil.
refusal-file-unverifiable = Ce fichier n’a pas pu être vérifié. Veuillez l’envoyer à nouveau.
refusal-file-unused = Ce fichier n’a jamais été joint et a été supprimé. Veuillez l’envoyer à nouveau.
refusal-file-not-ready = Ce fichier est encore en cours de vérification. Veuillez réessayer dans un instant.
refusal-file-attached = Ce fichier est déjà joint. Veuillez l’envoyer à nouveau pour le joindre ailleurs.

## Échecs de la requête entière.

failure-unauthenticated = Veuillez vous connecter pour continuer.
failure-bad-request = Cette requête n'a pas pu être comprise. Rechargez et réessayez.
failure-unavailable = Le service est momentanément indisponible. Veuillez réessayer dans un instant.
failure-internal =
    { $request ->
        [none] Une erreur est survenue de notre côté. Si elle se reproduit, contactez l'assistance.
       *[other] Une erreur est survenue de notre côté. Si elle se reproduit, contactez l'assistance en indiquant le code { $request }.
    }

## Statuts d'un ticket.

ticket-status-open = Ouvert
ticket-status-reopened = Rouvert
ticket-status-in-analysis = En cours d'analyse
ticket-status-waiting = En attente
ticket-status-canceled = Annulé
ticket-status-rejected = Refusé
ticket-status-finished = Terminé

## Dates. $year et $time arrivent déjà écrits.

date-time =
    { $day ->
        [1] 1er
       *[other] { $day }
    } { $month ->
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
       *[12] décembre
    } { $year } à { $time }

## Un libellé et sa valeur, en texte brut.

labelled = { $label } : { $value }

## E-mail : le statut du ticket a changé. L'objet est le même pour toute la conversation.

ticket-mail-subject = Ticket #{ $number } : { $subject }
ticket-mail-preview = Nouveau statut : { $new }
ticket-mail-greeting =
    { $recipient ->
        [none] Bonjour,
       *[other] Bonjour { $recipient },
    }
ticket-mail-lead = Le statut du ticket #{ $number } a changé.
ticket-mail-status = Statut
ticket-mail-before = Avant : { $old }
ticket-mail-reason = Motif
ticket-mail-client = Client
ticket-mail-price = Prix
ticket-mail-acted-by = Modifié par
ticket-mail-at = Date
ticket-mail-reply = Pour nous contacter, répondez à cet e-mail.
ticket-mail-footer = Cet avis de { $firm } au sujet des tickets de { $client } a été envoyé automatiquement.

## Notifications : ce que l'équipe apprend, et l'e-mail à ce sujet.

notification-ticket-assigned = Le ticket #{ $number } est désormais entre vos mains.
notification-department-ticket = Le ticket #{ $number } est arrivé dans votre service.
notification-client-message = { $client } a écrit au sujet du ticket #{ $number }.
notification-client-file = { $client } a déposé un fichier dans le ticket #{ $number }.
notification-ticket-reopened = { $client } a rouvert le ticket #{ $number }.
notification-mail-message = Message
notification-mail-description = Description
notification-mail-note = Note
notification-mail-from = De
notification-mail-acted-by = Par
notification-mail-reply = Répondez au client dans le ticket : les réponses à cet e-mail ne lui parviennent pas.
notification-mail-footer = { $firm } vous envoie cet avis automatiquement, car vous avez choisi de le recevoir aussi par e-mail. Vous pouvez modifier ce choix dans vos préférences.

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
