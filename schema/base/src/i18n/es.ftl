# Español. Tratamiento: «usted». «Caso», porque en una asesoría un «ticket» es un recibo.
# Un argumento ausente llega como "none".

## Negativas: qué ha ocurrido y qué hacer.

refusal-not-found = No se ha encontrado este registro. Compruebe el enlace o vuelva a la lista.
refusal-not-allowed = No tiene permiso para realizar esta acción. Diríjase a la persona que administra los accesos.
refusal-conflict = Otra persona ha modificado este registro mientras lo editaba. Actualice la página e inténtelo de nuevo.
refusal-required = Rellene este campo.
refusal-too-long =
    { $number ->
        [none] Este texto es demasiado largo. Acórtelo.
       *[other] Este texto tiene { $asked } caracteres. Utilice como máximo { $number }.
    }
refusal-out-of-range =
    { $unit ->
        [items] Se han indicado { $asked } elementos. Indique de { $least } a { $most }.
        [zone] La zona horaria «{ $asked }» no es conocida. Indique un nombre como Europe/Madrid.
        [currency] La moneda «{ $asked }» no es conocida. Indique su código, por ejemplo EUR.
        [city] El municipio { $asked } está en { $name }. Indique primero la región y luego el municipio.
        [country] El país «{ $asked }» no es conocido. Indique su código de dos letras, por ejemplo ES.
       *[none]
            { $least ->
                [none] Este valor está fuera del intervalo permitido. Indique otro.
               *[other] { $asked } está fuera del intervalo permitido. Indique un valor de { $least } a { $most }.
            }
    }
refusal-mutually-exclusive = Estos valores se excluyen entre sí. Indique solo uno.
refusal-invalid-text = Este texto contiene caracteres no permitidos, por ejemplo saltos de línea o caracteres invisibles. Elimínelos.
refusal-invalid-cursor = No se puede mostrar esta página de la lista. Vuelva a la primera página.
refusal-invalid-email = Esta dirección de correo electrónico no es válida. Compruebe que esté bien escrita.
refusal-invalid-registration =
    { $why ->
        [length] Este número tiene { $found } cifras y letras. En este país tiene { $lengths }.
        [character] «{ $found }» no puede estar ahí en un número de identificación. Compruebe que esté bien escrito.
        [digits] El carácter de control de este { $kind } no es correcto. Busque una cifra mal escrita.
        [placeholder] Este { $kind } solo rellena un formulario. Indique el verdadero.
       *[none] Este número de identificación no es válido. Compruebe que esté bien escrito.
    }
refusal-in-use = Esto ya no se puede cambiar, porque está en uso. Cree uno nuevo.
refusal-invalid-rule =
    { $why ->
        [type] Aquí corresponde un valor de otro tipo.
        [missing] Aquí falta algo.
        [unknown] Este nombre no forma parte de las reglas de vencimiento.
        [range] Este valor es demasiado pequeño, demasiado grande o demasiado largo.
        [value] Este valor no es de los que conocen las reglas de vencimiento.
        [size] La regla tiene demasiados casos o cuenta demasiados días.
        [calendar] Falta un calendario, o nada lo usa.
        [bounds] Estos límites no son meses, años ni días, o el último es anterior al primero.
        [overlap] Otra versión ya vale para estos periodos.
        [depends] La regla depende de otra que no existe, es de otros periodos o depende de ella.
        [country] El calendario es de otro país.
        [period] El periodo es de otro tipo.
       *[none] Esta regla de vencimiento no es válida.
    }
refusal-not-for-place =
    { $why ->
        [narrower] En el lugar del cliente rige { $name }. Elija el trabajo correspondiente.
        [elsewhere] Este trabajo es según la ley de { $name }, donde la ficha del cliente no tiene domicilio. Indique el lugar del cliente o elija el trabajo de su lugar.
       *[none] Este trabajo no corresponde al lugar del cliente. Indique el lugar del cliente o elija otro trabajo.
    }
refusal-invalid-filter = Estos filtros no sirven para esta lista. Elíjalos de nuevo.
refusal-invalid-order = Este orden no sirve para esta lista. Elíjalo de nuevo.
refusal-list-too-long =
    { $number ->
        [none] Esta lista es demasiado larga para enviarla de una vez. Pida que se prepare el archivo o reduzca la lista con filtros.
       *[other] Esta lista tiene { $asked } filas y solo se pueden enviar { $number } de una vez. Pida que se prepare el archivo o reduzca la lista con filtros.
    }
refusal-too-many-exports = Ya se están preparando varios archivos para usted. Espere a que uno esté listo.
refusal-taken = Este valor ya está en uso. Indique otro.
refusal-password-too-short =
    { $number ->
        [none] La contraseña es demasiado corta. Elija una más larga.
        [one] La contraseña es demasiado corta. Utilice al menos { $number } carácter.
       *[other] La contraseña es demasiado corta. Utilice al menos { $number } caracteres.
    }
refusal-idempotency-key-reused = Este formulario ya se envió con otros datos. Actualice la página y rellénelo de nuevo.
refusal-wrong-credentials = El correo electrónico o la contraseña no son correctos. Compruébelos e inténtelo de nuevo.
refusal-too-many-attempts =
    { $number ->
        [none] Demasiados intentos. Espere unos minutos e inténtelo de nuevo.
        [one] Demasiados intentos. Espere { $number } minuto e inténtelo de nuevo.
       *[other] Demasiados intentos. Espere { $number } minutos e inténtelo de nuevo.
    }
refusal-too-fast =
    { $number ->
        [none] Demasiadas acciones a la vez. Espere un momento e inténtelo de nuevo.
        [one] Demasiadas acciones a la vez. Espere { $number } segundo e inténtelo de nuevo.
       *[other] Demasiadas acciones a la vez. Espere { $number } segundos e inténtelo de nuevo.
    }
refusal-access-pending = Su acceso no está activo. Diríjase a la persona que administra los accesos.
refusal-invitation-invalid = Esta invitación ya no es válida. Solicite otra a la persona que se la envió.
refusal-generation-running = Las tareas todavía se están generando. Espere a que termine.
refusal-ticket-closed = Este caso está cerrado. Para continuar, reábralo o abra uno nuevo.
refusal-ticket-open = Este caso ya está abierto. No es necesario reabrirlo.
refusal-task-closed = Esta tarea está terminada o cancelada. Para continuar, reábrala.
refusal-task-touched = Esta tarea no se generó, o alguien ya ha trabajado en ella. Cancélela.
refusal-documents-missing = Faltan documentos obligatorios de esta tarea. Confirme que está terminada sin ellos.
refusal-status-not-settable = Este estado se establece automáticamente. Elija otro.
refusal-reopen-period-over =
    { $number ->
        [none] El plazo para reabrir este caso ha terminado. Abra un caso nuevo.
        [one] El plazo de { $number } día para reabrir este caso ha terminado. Abra un caso nuevo.
       *[other] El plazo de { $number } días para reabrir este caso ha terminado. Abra un caso nuevo.
    }
refusal-reopen-not-offered = La empresa que le atiende no permite reabrir casos cerrados. Abra un caso nuevo.
refusal-reason-required = Indique el motivo. Se enviará al cliente.
refusal-no-linked-user = Este cliente todavía no tiene ningún usuario que pueda leer el mensaje. Dé primero a alguien acceso al área de cliente.
refusal-nothing-to-transfer = El caso ya está asignado a esta persona o a este departamento. Elija otro destino.
refusal-department-without-lead = Este departamento no tiene responsable en este momento. Elija una persona u otro departamento.
refusal-service-item-inactive = Este servicio ya no se ofrece. Elija otro de la lista.
refusal-wrong-currency =
    { $currency ->
        [none] Este importe no está en la moneda de su empresa. Indíquelo en la moneda de su empresa.
       *[other] Este importe está en { $asked }, pero la moneda de su empresa es { $currency }. Indíquelo en { $currency }.
    }
refusal-charge-paid = Este cobro ya está pagado y no se puede modificar. Si es necesario, cree otro.
refusal-charge-canceled = Este cobro está cancelado y no se puede modificar. Si es necesario, cree otro.
refusal-charge-not-overdue = Este cobro no está vencido. Elija únicamente cobros vencidos.
refusal-delivery-not-retryable = Este correo ya se envió o sigue en cola. Elija únicamente correos que hayan fallado.
refusal-no-recipient = No hay ninguna dirección a la que enviar este correo. Indique el correo electrónico del cliente o compruebe quién tiene acceso.
refusal-address-suppressed = Los correos enviados a esta dirección llegan devueltos. Corrija la dirección o desbloquéela antes de reenviar.
refusal-sender-record-missing =
    { $name ->
        [none] No se ha encontrado el registro en el DNS. Publíquelo con el valor indicado; un registro nuevo puede tardar hasta un día en aparecer.
       *[other] No se ha encontrado el registro { $name } en el DNS. Publíquelo con el valor indicado; un registro nuevo puede tardar hasta un día en aparecer.
    }
refusal-sender-record-different =
    { $name ->
        [none] El registro tiene otro valor en el DNS. Sustitúyalo por el valor indicado o añada ese valor.
       *[other] El registro { $name } tiene otro valor en el DNS. Sustitúyalo por el valor indicado o añada ese valor.
    }
refusal-dns-unavailable = El DNS no ha respondido, por lo que no se ha podido comprobar el registro. Inténtelo de nuevo dentro de unos minutos.
refusal-file-empty = Este archivo está vacío. Elija otro.
refusal-file-too-large =
    { $number ->
        [none] Este archivo es demasiado grande. Envíe uno más pequeño.
       *[other] Este archivo tiene { $asked } MB. Envíe uno de { $number } MB como máximo.
    }
refusal-file-type-not-allowed = No se aceptan archivos de este tipo. Envíe un PDF, una imagen, un documento de Office, un correo, un archivo bancario o de texto, un archivo firmado o comprimido.
refusal-invalid-checksum = No se ha podido confirmar la integridad de este archivo. Elíjalo de nuevo.
refusal-too-much-unsettled =
    { $number ->
        [none] Hay demasiados archivos en verificación o sin adjuntar. Adjúntelos o inténtelo de nuevo más tarde.
       *[other] Hay más de { $number } MB de archivos en verificación o sin adjuntar. Adjúntelos o inténtelo de nuevo más tarde.
    }
refusal-upload-expired = El plazo para enviar este archivo ha terminado. Elíjalo de nuevo.
refusal-file-not-uploaded = Este archivo no ha llegado. Envíelo de nuevo.
refusal-file-incomplete = Este archivo no ha llegado completo. Envíelo de nuevo.
refusal-file-altered = Este archivo ha llegado dañado. Envíelo de nuevo.
refusal-file-type-mismatch = El contenido de este archivo no corresponde a su extensión. Revíselo y envíelo en un formato aceptado.
refusal-file-infected = Este archivo contiene un virus u otro programa malicioso y no se ha aceptado. Analice su dispositivo con un antivirus.
refusal-file-unverifiable = No se ha podido verificar este archivo. Envíelo de nuevo.
refusal-file-unused = Este archivo no se adjuntó a tiempo y se ha eliminado. Envíelo de nuevo.
refusal-file-expired = Este archivo ya no se conserva. Exporte la lista de nuevo.
refusal-file-not-ready = Este archivo todavía se está verificando. Inténtelo de nuevo en un momento.
refusal-file-not-previewable = Este archivo no se puede mostrar aquí: tiene contraseña o es de un tipo que los navegadores no muestran. Descárguelo.
refusal-file-attached = Este archivo ya está adjunto. Envíelo de nuevo para adjuntarlo en otro lugar.
refusal-wrong-direction = Esto no corresponde al sentido del documento: el cliente entrega lo que aporta, y el despacho entrega lo demás.
refusal-document-not-expected = Este documento ya no se espera. Si aun así quiere enviarlo, abra un ticket.
refusal-document-too-late = El despacho ha terminado este trabajo y ya no acepta archivos. Envíe el archivo con un ticket.
refusal-already-handed-in = Este archivo ya se entregó: no queda nada por hacer.
refusal-document-filed = Ya se entregó un archivo. Si es incorrecto, pida al despacho que lo rechace.
refusal-nothing-to-reject = No hay ningún archivo que rechazar.
refusal-nothing-to-publish = Ningún archivo espera ser publicado: ya lo está, o no se envió ninguno.
refusal-nothing-to-unpublish = No hay nada publicado que se pueda retirar.
refusal-document-read = Alguien del cliente ya abrió este documento. Entregue una versión nueva.
refusal-approval-not-asked = Este documento no espera ninguna aprobación.

## Fallos de la solicitud entera.

failure-unauthenticated = Inicie sesión para continuar.
failure-membership-required = Elija la empresa o el área de cliente con la que quiere continuar.
failure-membership-changed = Ahora trabaja en otra empresa o área de cliente en este navegador. Vuelva a cargar la página.
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

date-time = { day-number } de { month-name } de { $year }, { $time }
weekday-date = { weekday-name } { day-number } de { month-name } de { $year }
day-number = { $day }
month-name =
    { $month ->
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
       *[other] diciembre
    }
weekday-name =
    { $weekday ->
        [1] lunes
        [2] martes
        [3] miércoles
        [4] jueves
        [5] viernes
        [6] sábado
       *[other] domingo
    }

## Una etiqueta y su valor, en texto sin formato.

labelled = { $label }: { $value }

## Todos los correos.

mail-greeting =
    { $recipient ->
        [none] Hola:
       *[other] Hola, { $recipient }:
    }

## Correo: el estado del caso ha cambiado. El asunto es el mismo en toda la conversación.

ticket-mail-subject = Caso #{ $number }: { $subject }
ticket-mail-preview = Nuevo estado: { $new }
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

notification-ticket-assigned = Se le ha asignado el caso #{ $number }.
notification-department-ticket = Se ha asignado el caso #{ $number } a su departamento.
notification-client-message = { $client } ha enviado un mensaje en el caso #{ $number }.
notification-client-file = { $client } ha enviado un archivo en el caso #{ $number }.
notification-ticket-reopened = { $client } ha reabierto el caso #{ $number }.
notification-document-handed-in = { $client } ha entregado { $document }.
notification-late-file = { $client } entregó un archivo de { $document } después de terminado el trabajo.
notification-document-approved = { $client } aprobó { $document }.
notification-document-contested = { $client } impugna { $document }.
notification-task-assigned = { $client }: se le ha asignado la tarea «{ $title }».
notification-tasks-assigned = Se le han asignado { $count } tareas.
notification-tasks-generated = Tareas nuevas generadas: { $count }.
notification-due-dates-moved = Vencimientos de tareas modificados: { $count }.
notification-due-dates-final = Vencimientos de tareas ya definitivos: { $count }.
notification-due-dates-to-move = Vencimientos de tareas que las reglas y los calendarios dan ahora de otro modo: { $count }. Revíselos y muévalos.
notification-catalogue-changed = El catálogo cambia obligaciones adoptadas: { $count }. Revise los cambios y adóptelos.
notification-mail-message = Mensaje
notification-mail-description = Descripción
notification-mail-note = Nota
notification-mail-from = De
notification-mail-acted-by = Realizado por
notification-mail-reply = Responda al cliente en el propio caso: las respuestas a este correo no le llegan.
notification-mail-footer = { $firm } le ha enviado este mensaje automáticamente. Eligió recibirlo también por correo; puede cambiarlo en sus preferencias.

## Mail: tasks were assigned to a staff member.

task-mail-subject = Tarea: { $title }
task-mail-subject-several = Tareas que se le han asignado ({ $count })
task-mail-due = Vencimiento
task-mail-more = { $count } más
task-mail-reply = Las tareas están en Guichet: las respuestas a este correo no llegan al cliente.
document-mail-subject = Documento: { $document }
document-mail-several = { $client } ha entregado { $count } archivos.
document-mail-reply = Los documentos están en Guichet: las respuestas a este correo no llegan al cliente.

## Statuses of tasks.

task-status-todo = Pendiente
task-status-in-progress = En curso
task-status-waiting-client = En espera del cliente
task-status-done = Terminada
task-status-canceled = Cancelada

## Correo a los propietarios: la prueba del remitente ha desaparecido.

sender-mail-subject = Sus correos ya no se envían desde { $sender }
sender-mail-lead = El registro DNS que prueba que { $domain } pertenece a { $firm } ha desaparecido. Hasta que vuelva, sus correos salen de { $from }, con el nombre de su despacho como siempre; las respuestas les siguen llegando.
sender-mail-heading = Publique de nuevo el registro
sender-mail-name = Nombre del registro
sender-mail-type = Tipo
sender-mail-value = Valor
sender-mail-at = Detectado
sender-mail-after = Cuando el registro vuelva, sus correos saldrán de nuevo desde { $sender } en aproximadamente una hora, sin que haya que hacer nada más. Un propietario también puede comprobarlo al momento en la configuración.
sender-mail-footer = Los propietarios de { $firm } reciben este aviso automáticamente.

## Columnas de la lista exportada de casos.

ticket-export-number = Número
ticket-export-client = Cliente
ticket-export-opened-by = Abierto por
ticket-export-subject = Asunto
ticket-export-assignee = Responsable
ticket-export-department = Departamento
ticket-export-service-item = Servicio
ticket-export-status = Estado
ticket-export-price = Importe
ticket-export-currency = Moneda
ticket-export-created-at = Abierto el
ticket-export-updated-at = Última modificación
ticket-export-closed-at = Cerrado el

## Columnas de la lista exportada de tareas.

task-export-title = Tarea
task-export-client = Cliente
task-export-task-type = Tipo de tarea
task-export-period = Período
task-export-assignee = Responsable
task-export-department = Departamento
task-export-status = Estado
task-export-legal-due-on = Vencimiento legal
task-export-target-on = Fecha objetivo
task-export-hand-in-by = Entregar antes del
task-export-created-at = Creada el
task-export-updated-at = Última modificación
task-export-closed-at = Cerrada el

## El calendario al que se suscriben otros programas.

feed-name = { $firm }: vencimientos
feed-hand-in = Entregar: { $what }
feed-due = Vence: { $what }
feed-target = Objetivo: { $what }
feed-provisional = La fecha aún puede cambiar.

## Cómo se halló un vencimiento, paso a paso. Las fechas llegan ya escritas.

due-period-start = El período empieza el { $to }.
due-period-end = El período termina el { $to }.
due-rule = La obligación { $key } vence el { $to } ({ $source }).
due-legal-date = El vencimiento legal es el { $to }.
due-event = Fecha considerada ({ $key }): { $to }.
due-months =
    { $direction ->
        [back] { $number ->
            [one] Un mes antes: { $to }.
           *[other] { $number } meses antes: { $to }.
        }
       *[on] { $number ->
            [one] Un mes después: { $to }.
           *[other] { $number } meses después: { $to }.
        }
    }
due-day = El día { $number } del mes: { $to }.
due-last-day = El último día del mes: { $to }.
due-nth-business-day =
    { $direction ->
        [back] { $number ->
            [one] El último día hábil del mes ({ $calendar }): { $to }.
           *[other] El día hábil n.º { $number } contando desde el final del mes ({ $calendar }): { $to }.
        }
       *[on] El día hábil n.º { $number } del mes ({ $calendar }): { $to }.
    }
due-days =
    { $direction ->
        [back] { $number ->
            [one] Un día antes: { $to }.
           *[other] { $number } días antes: { $to }.
        }
       *[on] { $number ->
            [one] Un día después: { $to }.
           *[other] { $number } días después: { $to }.
        }
    }
due-business-days =
    { $direction ->
        [back] { $number ->
            [one] Un día hábil antes ({ $calendar }): { $to }.
           *[other] { $number } días hábiles antes ({ $calendar }): { $to }.
        }
       *[on] { $number ->
            [one] Un día hábil después ({ $calendar }): { $to }.
           *[other] { $number } días hábiles después ({ $calendar }): { $to }.
        }
    }
due-before = Se adelanta del { $from } al día hábil anterior ({ $calendar }): { $to }.
due-after = Se traslada del { $from } al día hábil siguiente ({ $calendar }): { $to }.
due-table = El calendario de la administración indica el { $to }.
due-own-table = El despacho fijó el { $to }.
due-extension = La administración lo amplió al { $to } ({ $source }).
due-override = Para este cliente se fijó el { $to } ({ $source }).
due-set = La fecha se fijó el { $to }.
due-choose = Ficha del cliente, { $key }: { $value }.
due-beaten = Sin esto sería el { $date } ({ $source }).
day-off-weekly = El { $date } es inhábil.
day-off-holiday =
    { $source ->
        [none] El { $date } es { $level }: { $name }.
       *[other] El { $date } es { $level }: { $name } ({ $source }).
    }
holiday-national = fiesta nacional
holiday-region = fiesta autonómica
holiday-city = fiesta local
yes = sí
no = no

## Por qué un vencimiento todavía puede cambiar.

provisional-attribute-missing = La ficha del cliente no indica: { $key }. Esta es la fecha más temprana posible.
provisional-place-missing = La ficha del cliente no indica: { $key }. Esta es la fecha más temprana entre los lugares conocidos; otro lugar puede tener una anterior.
provisional-region-unknown = No se conoce la comunidad autónoma de { $place }. Esta es la fecha más temprana entre todas las comunidades.
provisional-event-unknown = Todavía no se conoce esta fecha: { $name }.
provisional-calendar-year = Los festivos de { $year } ({ $place }) todavía no son definitivos.
provisional-no-working-day = No hay ningún día hábil en un mes.
provisional-open = Todavía no se conoce un dato del que depende la fecha.

## Calendarios.

calendar-br-bank = días bancarios en Brasil
calendar-br-filing = días de presentación en Brasil
calendar-br-labour = días laborables en Brasil, sábados incluidos
calendar-fr-filing = días de presentación en Francia
calendar-fr-ouvrable = días hábiles en Francia, sábados incluidos
calendar-fr-labour = días laborables en Francia, sábados incluidos
calendar-fr-bank = días bancarios en Francia
calendar-es-filing = días hábiles
calendar-es-labour = días laborables, sábados incluidos
calendar-es-bank = días bancarios
calendar-pt-filing = días de presentación en Portugal
calendar-pt-labour = días laborables en Portugal, sábados incluidos
calendar-pt-bank = días bancarios en Portugal
calendar-office = días de trabajo de la asesoría

## Qué preguntan las reglas sobre un cliente.

attribute-region = comunidad autónoma
attribute-city = municipio
attribute-legalform = forma jurídica
legal-form-sole = empresario individual
legal-form-company = sociedad
legal-form-sa = sociedad anónima (SA)
legal-form-other = otra forma
attribute-department = departamento
attribute-registrationprefix = comienzo del número de registro
attribute-nameinitial = primera letra del nombre
attribute-staff = número de empleados
attribute-payrolldeferred = pago de nóminas en el mes siguiente
attribute-adhered = adhesión al nuevo sistema
attribute-accountsapproved = aprobación de las cuentas

period-month = { $month }/{ $year }
period-months = { $from }–{ $month }/{ $year }
period-quarter = { $quarter }T { $year }
period-year = { $year }
period-fiscal-year = ejercicio { $month }/{ $year }

## Why a due date moves.

move-rule = La norma ha cambiado: { $source }.
move-rule-none = Ya no hay fecha para este período, o todavía no la hay.
move-extension = La administración ha cambiado la fecha: { $source }.
move-override = Lo acordado por el despacho para este cliente ha cambiado: { $source }.
move-calendar = Los días inhábiles hasta la fecha han cambiado.
move-event = Lo que la norma espera ha ocurrido, o en otro día.
move-client = La ficha del cliente ha cambiado.
move-own-rule = Las reglas propias del despacho para sus fechas han cambiado.
move-certainty = La fecha se mantiene; ha cambiado su certeza.

## Correo: documentos entregados y acuses de recibo.

documents-mail-subject = Nuevos documentos para { $client }
documents-mail-lead = { $firm } ha publicado documentos para { $client } en su área de cliente.
documents-mail-due = Vence el { $date }
documents-mail-no-due = Sin vencimiento
documents-mail-footer = Este mensaje de { $firm } sobre los documentos de { $client } se ha enviado automáticamente.
receipt-mail-subject = Acuse de recibo: documentos de { $client }
receipt-mail-lead = { $firm } ha recibido estos archivos de { $client } enviados por usted.
receipt-mail-at = Recibido
receipt-mail-by = Entregado por
receipt-mail-after = Cada archivo se comprueba antes de contar. Si alguno se rechaza, lo verá en su área de cliente.

## Carpetas de una biblioteca.

document-category-tax = Impuestos
document-category-payroll = Nóminas
document-category-accounting = Contabilidad
document-category-corporate = Societario
document-category-other = Otros
