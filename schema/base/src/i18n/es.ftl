# Español. Tratamiento: «usted». «Caso», porque en una asesoría un «ticket» es un recibo.
# Un argumento ausente llega como "none".

## Negativas: qué ha ocurrido y qué hacer.

refusal-not-found = No hemos encontrado este registro. Compruebe el enlace o vuelva a la lista.
refusal-not-allowed = No tiene permiso para hacer esto. Diríjase a quien administra los accesos.
refusal-conflict = Otra persona ha modificado este registro mientras usted lo editaba. Recargue e inténtelo de nuevo.
refusal-required = Rellene este campo.
refusal-too-long =
    { $number ->
        [none] Este texto es demasiado largo. Acórtelo, por favor.
        [one] Este texto es demasiado largo. Utilice como máximo { $number } carácter.
       *[other] Este texto es demasiado largo. Utilice como máximo { $number } caracteres.
    }
refusal-out-of-range =
    { $number ->
        [none] Este valor está fuera de lo permitido. Indique otro, por favor.
       *[other] Este valor está fuera de lo permitido. El límite es { $number }.
    }
refusal-invalid-text = Este texto contiene caracteres que no se pueden guardar. Elimine los saltos de línea y los símbolos invisibles.
refusal-invalid-cursor = Este marcador de página no corresponde a esta lista. Vuelva a la primera página.
refusal-invalid-email = Esta dirección de correo no es válida. Compruebe que esté bien escrita.
refusal-taken = Este valor ya está en uso. Indique otro, por favor.
refusal-password-too-short =
    { $number ->
        [none] La contraseña es demasiado corta. Elija una más larga.
        [one] La contraseña es demasiado corta. Utilice al menos { $number } carácter.
       *[other] La contraseña es demasiado corta. Utilice al menos { $number } caracteres.
    }
refusal-idempotency-key-reused = Este envío ya se hizo con otros datos. Recargue y rellénelo de nuevo.
refusal-wrong-credentials = El correo o la contraseña no son correctos. Compruébelos e inténtelo de nuevo.
refusal-too-many-attempts =
    { $number ->
        [none] Ha habido demasiados intentos. Espere unos minutos e inténtelo de nuevo.
        [one] Ha habido demasiados intentos. Espere { $number } minuto e inténtelo de nuevo.
       *[other] Ha habido demasiados intentos. Espere { $number } minutos e inténtelo de nuevo.
    }
refusal-access-pending = Su acceso aún no está activado. Espere a que lo active un administrador de su empresa.
refusal-invitation-invalid = Esta invitación ya no es válida. Solicite otra a quien le invitó.
refusal-ticket-closed = Este caso está cerrado. Para continuar, reábralo o abra uno nuevo.
refusal-ticket-open = Este caso ya está abierto; no es necesario reabrirlo.
refusal-reopen-period-over =
    { $number ->
        [none] El plazo para reabrir este caso ha terminado. Abra uno nuevo, por favor.
        [one] El plazo de { $number } día para reabrir este caso ha terminado. Abra uno nuevo, por favor.
       *[other] El plazo de { $number } días para reabrir este caso ha terminado. Abra uno nuevo, por favor.
    }
refusal-reopen-not-offered = Desde aquí no se puede reabrir un caso cerrado. Abra uno nuevo, por favor.
refusal-reason-required = Indique el motivo. Se enviará al cliente.
refusal-no-linked-user = Este cliente todavía no tiene ningún usuario que pueda leer el mensaje. Dé primero acceso al área de cliente a alguna persona.
refusal-nothing-to-transfer = Esta persona o este departamento ya tiene el caso. Elija otro destino.
refusal-department-without-lead = Este departamento no tiene responsable por ahora. Elija una persona u otro departamento.
refusal-service-item-inactive = Este servicio ya no se ofrece. Elija otro de la lista.
refusal-wrong-currency = Este importe no está en la moneda de la empresa. Indíquelo en la moneda de la empresa.
refusal-charge-paid = Este cobro ya está pagado y no se puede modificar.
refusal-charge-canceled = Este cobro está cancelado y no se puede modificar. Si es necesario, cree otro.
refusal-charge-not-overdue = Este cobro no está vencido. Elija únicamente cobros vencidos.
refusal-delivery-not-retryable = Este correo ya se envió o sigue en cola. Solo se pueden reenviar los que fallaron.
refusal-no-recipient = Ya no hay nadie a quien enviar este correo.
refusal-address-suppressed = Los correos a esta dirección se devuelven. Corrija la dirección o desbloquéela antes de reenviar.
refusal-file-empty = Este archivo está vacío. Elija otro.
refusal-file-too-large =
    { $number ->
        [none] Este archivo es demasiado grande. Envíe uno más pequeño.
       *[other] Este archivo es demasiado grande. Envíe uno de { $number } MB como máximo.
    }
refusal-file-type-not-allowed = No se aceptan archivos de este tipo. Envíe un PDF, una imagen, un documento de Office o un archivo CSV, TXT, XML, OFX o ZIP.
refusal-invalid-checksum = La suma de verificación de este archivo no es válida. Elija el archivo de nuevo.
refusal-too-much-unsettled =
    { $number ->
        [none] Hay demasiados envíos todavía en verificación o sin adjuntar. Adjúntelos o inténtelo de nuevo más tarde.
       *[other] Hay más de { $number } MB de envíos todavía en verificación o sin adjuntar. Adjúntelos o inténtelo de nuevo más tarde.
    }
refusal-upload-expired = El plazo para enviar este archivo ha terminado. Elíjalo de nuevo.
refusal-file-not-uploaded = Este archivo no ha llegado. Envíelo de nuevo.
refusal-file-incomplete = Este archivo no ha llegado completo. Envíelo de nuevo.
refusal-file-altered = Este archivo ha llegado dañado. Envíelo de nuevo.
refusal-file-type-mismatch = El contenido de este archivo no es lo que dice su nombre. Revíselo y envíelo en un formato aceptado.
refusal-file-infected = Se ha encontrado un virus u otro programa malicioso en este archivo, por lo que no se ha aceptado. Revise su dispositivo.
refusal-file-unverifiable = No se ha podido verificar este archivo. Envíelo de nuevo.
refusal-file-unused = Este archivo nunca se adjuntó y se ha eliminado. Envíelo de nuevo.
refusal-file-not-ready = Este archivo todavía se está verificando. Inténtelo de nuevo en un momento.
refusal-file-attached = Este archivo ya está adjunto. Envíelo de nuevo para adjuntarlo en otro lugar.

## Fallos de la solicitud entera.

failure-unauthenticated = Inicie sesión para continuar.
failure-bad-request = No se ha podido entender esta solicitud. Recargue e inténtelo de nuevo.
failure-unavailable = El servicio no está disponible temporalmente. Inténtelo de nuevo en unos instantes.
failure-internal =
    { $request ->
        [none] Se ha producido un error por nuestra parte. Si se repite, póngase en contacto con soporte.
       *[other] Se ha producido un error por nuestra parte. Si se repite, póngase en contacto con soporte e indique el código { $request }.
    }

## Estados de un caso.

ticket-status-open = Abierto
ticket-status-reopened = Reabierto
ticket-status-in-analysis = En análisis
ticket-status-waiting = En espera
ticket-status-canceled = Cancelado
ticket-status-rejected = Rechazado
ticket-status-finished = Finalizado

## Fechas. $year y $time llegan ya escritos.

date-time =
    { $day } de { $month ->
        [1] enero
        [2] febrero
        [3] marzo
        [4] abril
        [5] mayo
        [6] junio
        [7] julio
        [8] agosto
        [9] septiembre
        [10] octubre
        [11] noviembre
       *[12] diciembre
    } de { $year }, { $time }

## Una etiqueta y su valor, en texto sin formato.

labelled = { $label }: { $value }

## Correo: el estado del caso ha cambiado. El asunto es el mismo en toda la conversación.

ticket-mail-subject = Caso #{ $number }: { $subject }
ticket-mail-preview = Nuevo estado: { $new }
ticket-mail-greeting =
    { $recipient ->
        [none] Buenos días:
       *[other] Buenos días, { $recipient }:
    }
ticket-mail-lead = El estado del caso #{ $number } ha cambiado.
ticket-mail-status = Estado
ticket-mail-before = Antes: { $old }
ticket-mail-reason = Motivo
ticket-mail-client = Cliente
ticket-mail-price = Importe
ticket-mail-acted-by = Modificado por
ticket-mail-at = Fecha
ticket-mail-reply = Para ponerse en contacto con nosotros, responda a este correo.
ticket-mail-footer = Este aviso de { $firm } sobre los casos de { $client } se ha enviado automáticamente.

## Notificaciones: lo que se comunica al equipo, y el correo correspondiente.

notification-ticket-assigned = El caso #{ $number } ahora está en sus manos.
notification-department-ticket = El caso #{ $number } ha llegado a su departamento.
notification-client-message = { $client } ha escrito sobre el caso #{ $number }.
notification-client-file = { $client } ha entregado un archivo en el caso #{ $number }.
notification-ticket-reopened = { $client } ha reabierto el caso #{ $number }.
notification-mail-message = Mensaje
notification-mail-description = Descripción
notification-mail-note = Nota
notification-mail-from = De
notification-mail-acted-by = Por
notification-mail-reply = Responda al cliente en el caso: las respuestas a este correo no le llegan.
notification-mail-footer = { $firm } le envía este aviso automáticamente, porque eligió recibirlo también por correo. Puede cambiarlo en sus preferencias.

## Columnas de la lista exportada de casos.

ticket-export-number = Número
ticket-export-client = Cliente
ticket-export-opened-by = Abierto por
ticket-export-subject = Asunto
ticket-export-assignee = Responsable
ticket-export-department = Departamento
ticket-export-service-item = Servicio
ticket-export-status = Estado
ticket-export-price = Precio
ticket-export-currency = Moneda
ticket-export-created-at = Abierto el
ticket-export-updated-at = Último cambio
ticket-export-closed-at = Cerrado el
