# Português do Brasil. Imperativo sem "você": "Confira", "Informe".
# Um argumento ausente chega como "none".

## Recusas: o que houve e o que fazer.

refusal-not-found = Registro não encontrado. Confira o link ou volte à lista.
refusal-not-allowed = Sem permissão para esta ação. Fale com quem administra os acessos.
refusal-conflict = Outra pessoa alterou este registro durante a edição. Atualize a página e tente novamente.
refusal-required = Preencha este campo.
refusal-too-long =
    { $number ->
        [none] Este texto é longo demais. Reduza-o e tente novamente.
       *[other] Este texto tem { $asked } caracteres. Use no máximo { $number }.
    }
refusal-out-of-range =
    { $unit ->
        [items] Foram informados { $asked } itens. Informe de { $least } a { $most }.
        [zone] O fuso horário “{ $asked }” não é conhecido. Informe um nome como America/Sao_Paulo.
        [currency] A moeda “{ $asked }” não é conhecida. Informe o código dela, por exemplo BRL.
        [city] O município { $asked } fica em { $name }. Informe primeiro a região e depois o município.
        [country] O país “{ $asked }” não é conhecido. Informe o código de duas letras, por exemplo BR.
       *[none]
            { $least ->
                [none] Este valor está fora do intervalo permitido. Informe outro.
               *[other] { $asked } está fora do intervalo permitido. Informe um valor de { $least } a { $most }.
            }
    }
refusal-mutually-exclusive = Estes valores se excluem. Informe apenas um deles.
refusal-invalid-text = Este texto contém caracteres não permitidos, como quebras de linha ou caracteres invisíveis. Remova-os.
refusal-invalid-cursor = Não foi possível abrir esta página da lista. Volte à primeira página.
refusal-invalid-email = Este endereço de e-mail não é válido. Confira a digitação.
refusal-invalid-registration =
    { $why ->
        [length] Este número tem { $found } dígitos e letras. Neste país ele tem { $lengths }.
        [character] “{ $found }” não cabe neste lugar de um número de inscrição. Confira a digitação.
        [digits] Os dígitos verificadores deste { $kind } não conferem. Procure um dígito trocado.
        [placeholder] Este { $kind } só preenche um formulário. Informe o verdadeiro.
       *[none] Este número de inscrição não é válido. Confira a digitação.
    }
refusal-in-use = Isto não pode mais ser alterado, porque está em uso. Crie um novo.
refusal-invalid-rule =
    { $why ->
        [type] Aqui cabe um valor de outro tipo.
        [missing] Falta algo aqui.
        [unknown] Este nome não faz parte das regras de vencimento.
        [range] Este valor é pequeno, grande ou longo demais.
        [value] Este valor não está entre os que as regras de vencimento conhecem.
        [size] A regra tem casos demais ou conta dias demais.
        [calendar] Falta um calendário, ou nada o usa.
        [bounds] Estes limites não são meses, anos nem dias, ou o último vem antes do primeiro.
        [overlap] Outra versão já vale para estas competências.
        [depends] A regra depende de outra que não existe, é de outras competências ou depende dela.
        [country] O calendário é de outro país.
        [period] A competência é de outro tipo.
       *[none] Esta regra de vencimento não é válida.
    }
refusal-not-for-place =
    { $why ->
        [narrower] No lugar do cliente vale { $name }. Escolha o trabalho correspondente.
        [elsewhere] Este trabalho segue a lei de { $name }, onde o cadastro do cliente não tem sede. Informe o lugar do cliente ou escolha o trabalho do lugar dele.
       *[none] Este trabalho não é do lugar do cliente. Informe o lugar do cliente ou escolha outro trabalho.
    }
refusal-invalid-filter = Estes filtros não servem para esta lista. Escolha-os novamente.
refusal-invalid-order = Esta ordem não serve para esta lista. Escolha-a novamente.
refusal-list-too-long =
    { $number ->
        [none] Esta lista é longa demais para ser enviada de uma vez. Peça que o arquivo seja preparado ou reduza a lista com filtros.
       *[other] Esta lista tem { $asked } linhas, e só { $number } podem ser enviadas de uma vez. Peça que o arquivo seja preparado ou reduza a lista com filtros.
    }
refusal-too-many-exports = Vários arquivos já estão sendo preparados para você. Aguarde até que um deles esteja pronto.
refusal-taken = Este valor já está em uso. Informe outro.
refusal-password-too-short =
    { $number ->
        [none] A senha é curta demais. Escolha uma mais longa.
        [one] A senha é curta demais. Use pelo menos { $number } caractere.
       *[other] A senha é curta demais. Use pelo menos { $number } caracteres.
    }
refusal-idempotency-key-reused = Este formulário já foi enviado com outros dados. Atualize a página e preencha-o novamente.
refusal-wrong-credentials = E-mail ou senha incorretos. Confira os dados e tente novamente.
refusal-too-many-attempts =
    { $number ->
        [none] Tentativas demais. Aguarde alguns minutos e tente novamente.
        [one] Tentativas demais. Aguarde { $number } minuto e tente novamente.
       *[other] Tentativas demais. Aguarde { $number } minutos e tente novamente.
    }
refusal-too-fast =
    { $number ->
        [none] Foram ações demais de uma vez. Aguarde um momento e tente novamente.
        [one] Foram ações demais de uma vez. Aguarde { $number } segundo e tente novamente.
       *[other] Foram ações demais de uma vez. Aguarde { $number } segundos e tente novamente.
    }
refusal-access-pending = Este acesso não está ativo. Fale com quem administra os acessos.
refusal-invitation-invalid = Este convite não é mais válido. Peça um novo a quem o enviou.
refusal-generation-running = As tarefas ainda estão sendo geradas. Aguarde o término.
refusal-ticket-closed = Este atendimento está encerrado. Para continuar, reabra-o ou abra um novo.
refusal-ticket-open = Este atendimento já está aberto. Não é preciso reabri-lo.
refusal-task-closed = Esta tarefa está concluída ou cancelada. Para continuar, reabra-a.
refusal-task-touched = Esta tarefa não foi gerada, ou alguém já trabalhou nela. Cancele-a.
refusal-documents-missing = Faltam documentos obrigatórios desta tarefa. Confirme que ela está concluída sem eles.
refusal-status-not-settable = Este status é definido automaticamente. Escolha outro.
refusal-reopen-period-over =
    { $number ->
        [none] O prazo para reabrir este atendimento terminou. Abra um novo atendimento.
        [one] O prazo de { $number } dia para reabrir este atendimento terminou. Abra um novo atendimento.
       *[other] O prazo de { $number } dias para reabrir este atendimento terminou. Abra um novo atendimento.
    }
refusal-reopen-not-offered = O escritório não permite a reabertura de atendimentos encerrados. Abra um novo atendimento.
refusal-reason-required = Informe o motivo. Ele será enviado ao cliente.
refusal-no-linked-user = Este cliente ainda não tem nenhum usuário que possa ler a mensagem. Libere primeiro o acesso de alguém à área do cliente.
refusal-nothing-to-transfer = O atendimento já está com esta pessoa ou com este setor. Escolha outro destino.
refusal-department-without-lead = Este setor está sem responsável. Escolha uma pessoa ou outro setor.
refusal-service-item-inactive = Este serviço não é mais oferecido. Escolha outro na lista.
refusal-wrong-currency =
    { $currency ->
        [none] Este valor não está na moeda do escritório. Informe-o na moeda do escritório.
       *[other] Este valor está em { $asked }, mas a moeda do escritório é { $currency }. Informe-o em { $currency }.
    }
refusal-charge-paid = Esta cobrança já foi paga e não pode mais ser alterada. Se necessário, crie outra.
refusal-charge-canceled = Esta cobrança foi cancelada e não pode mais ser alterada. Se necessário, crie outra.
refusal-charge-not-overdue = Esta cobrança não está vencida. Selecione apenas cobranças vencidas.
refusal-delivery-not-retryable = Este e-mail já foi enviado ou ainda está na fila. Selecione apenas e-mails que falharam.
refusal-no-recipient = Não há endereço para enviar este e-mail. Informe o e-mail do cliente ou confira quem tem acesso.
refusal-address-suppressed = As mensagens para este endereço estão voltando. Corrija o endereço ou desbloqueie-o antes de reenviar.
refusal-sender-record-missing =
    { $name ->
        [none] O registro não foi encontrado no DNS. Publique-o com o valor indicado; um registro novo pode levar até um dia para aparecer.
       *[other] O registro { $name } não foi encontrado no DNS. Publique-o com o valor indicado; um registro novo pode levar até um dia para aparecer.
    }
refusal-sender-record-different =
    { $name ->
        [none] O registro está no DNS com outro valor. Substitua-o pelo valor indicado ou acrescente esse valor.
       *[other] O registro { $name } está no DNS com outro valor. Substitua-o pelo valor indicado ou acrescente esse valor.
    }
refusal-dns-unavailable = O DNS não respondeu, e o registro não pôde ser verificado. Tente novamente em alguns minutos.
refusal-file-empty = Este arquivo está vazio. Escolha outro.
refusal-file-too-large =
    { $number ->
        [none] Este arquivo é grande demais. Envie um menor.
       *[other] Este arquivo tem { $asked } MB. Envie um de até { $number } MB.
    }
refusal-file-type-not-allowed = Arquivos deste tipo não são aceitos. Envie PDF, imagem, documento do Office, e-mail, arquivo de banco ou de texto, arquivo assinado ou compactado.
refusal-invalid-checksum = Não foi possível confirmar a integridade deste arquivo. Selecione-o novamente.
refusal-too-much-unsettled =
    { $number ->
        [none] Há arquivos demais em verificação ou ainda não anexados. Anexe-os ou tente novamente mais tarde.
       *[other] Há mais de { $number } MB de arquivos em verificação ou ainda não anexados. Anexe-os ou tente novamente mais tarde.
    }
refusal-upload-expired = O prazo para enviar este arquivo terminou. Selecione-o novamente.
refusal-file-not-uploaded = Este arquivo não chegou. Envie-o novamente.
refusal-file-incomplete = Este arquivo não chegou completo. Envie-o novamente.
refusal-file-altered = Este arquivo chegou danificado. Envie-o novamente.
refusal-file-type-mismatch = O conteúdo deste arquivo não corresponde à extensão do nome. Confira-o e envie em um formato aceito.
refusal-file-infected = Este arquivo contém um vírus ou outro programa malicioso e não foi aceito. Verifique o dispositivo com um antivírus.
refusal-file-unverifiable = Não foi possível verificar este arquivo. Envie-o novamente.
refusal-file-unused = Este arquivo não foi anexado a tempo e foi removido. Envie-o novamente.
refusal-file-expired = Este arquivo não é mais guardado. Exporte a lista novamente.
refusal-file-not-ready = Este arquivo ainda está em verificação. Tente novamente em instantes.
refusal-file-not-previewable = Este arquivo não pode ser exibido aqui: ele tem senha ou é de um tipo que os navegadores não exibem. Baixe-o.
refusal-file-attached = Este arquivo já está anexado. Envie-o novamente para anexá-lo em outro lugar.
refusal-wrong-direction = Isto não combina com o sentido do documento: o cliente entrega o que traz, e o escritório entrega o restante.
refusal-document-not-expected = Este documento não é mais esperado. Se mesmo assim quiser enviá-lo, abra um atendimento.
refusal-document-too-late = O escritório já concluiu este trabalho e não aceita mais arquivos. Envie o arquivo em um atendimento.
refusal-already-handed-in = Este arquivo já foi entregue: não há mais nada a fazer.
refusal-document-filed = Um arquivo já foi entregue. Se estiver errado, peça ao escritório que o rejeite.
refusal-nothing-to-reject = Não há arquivo que possa ser rejeitado.
refusal-nothing-to-publish = Nenhum arquivo espera publicação: já está publicado, ou nenhum foi enviado.
refusal-nothing-to-unpublish = Não há nada publicado que se possa retirar.
refusal-document-read = Alguém do cliente já abriu este documento. Entregue uma nova versão.
refusal-approval-not-asked = Este documento não espera aprovação.

## Falhas do pedido inteiro.

failure-unauthenticated = Entre na sua conta para continuar.
failure-membership-required = Escolha o escritório ou a área do cliente com que deseja continuar.
failure-membership-changed = Agora você está em outro escritório ou área do cliente neste navegador. Recarregue a página.
failure-unavailable = O serviço está temporariamente indisponível. Tente novamente em instantes.
failure-internal =
    { $request ->
        [none] Ocorreu um erro do nosso lado. Se ele se repetir, fale com o suporte.
       *[other] Ocorreu um erro do nosso lado. Se ele se repetir, fale com o suporte e informe o código { $request }.
    }

## Situações de um atendimento.

ticket-status-open = Aberto
ticket-status-reopened = Reaberto
ticket-status-in-analysis = Em análise
ticket-status-waiting = Aguardando
ticket-status-canceled = Cancelado
ticket-status-rejected = Rejeitado
ticket-status-finished = Finalizado

## Datas. $year e $time já chegam escritos.

date-time = { day-number } de { month-name } de { $year } às { $time }
weekday-date = { weekday-name }, { day-number } de { month-name } de { $year }
day-number =
    { $day ->
        [1] 1º
       *[other] { $day }
    }
month-name =
    { $month ->
        [1] janeiro
        [2] fevereiro
        [3] março
        [4] abril
        [5] maio
        [6] junho
        [7] julho
        [8] agosto
        [9] setembro
        [10] outubro
        [11] novembro
       *[other] dezembro
    }
weekday-name =
    { $weekday ->
        [1] segunda-feira
        [2] terça-feira
        [3] quarta-feira
        [4] quinta-feira
        [5] sexta-feira
        [6] sábado
       *[other] domingo
    }

## Um rótulo e o seu valor, em texto simples.

labelled = { $label }: { $value }

## Todo e-mail.

mail-greeting =
    { $recipient ->
        [none] Olá,
       *[other] Olá, { $recipient },
    }

## E-mail: a situação do atendimento mudou. O assunto é o mesmo em toda a conversa.

ticket-mail-subject = Atendimento #{ $number }: { $subject }
ticket-mail-preview = Nova situação: { $new }
ticket-mail-lead = A situação do atendimento #{ $number } mudou.
ticket-mail-status = Situação
ticket-mail-before = Antes: { $old }
ticket-mail-reason = Motivo
ticket-mail-client = Cliente
ticket-mail-price = Valor
ticket-mail-acted-by = Alterado por
ticket-mail-at = Data
ticket-mail-reply = Para falar conosco, responda a este e-mail.
ticket-mail-footer = Este aviso de { $firm } sobre os atendimentos de { $client } foi enviado automaticamente.

## Notificações: o que a equipe fica sabendo, e o e-mail sobre isso.

notification-ticket-assigned = O atendimento #{ $number } agora está sob sua responsabilidade.
notification-department-ticket = O atendimento #{ $number } chegou ao seu setor.
notification-client-message = { $client } enviou uma mensagem no atendimento #{ $number }.
notification-client-file = { $client } enviou um arquivo no atendimento #{ $number }.
notification-ticket-reopened = { $client } reabriu o atendimento #{ $number }.
notification-document-handed-in = { $client } entregou { $document }.
notification-late-file = { $client } entregou um arquivo de { $document } depois de concluído o trabalho.
notification-document-approved = { $client } aprovou { $document }.
notification-document-contested = { $client } contesta { $document }.
notification-task-assigned = { $client }: a tarefa “{ $title }” agora está sob sua responsabilidade.
notification-tasks-assigned = { $count } tarefas agora estão sob sua responsabilidade.
notification-tasks-generated = Tarefas novas geradas: { $count }.
notification-due-dates-moved = Vencimentos de tarefas alterados: { $count }.
notification-due-dates-final = Vencimentos de tarefas agora definitivos: { $count }.
notification-due-dates-to-move = Vencimentos de tarefas que as regras e os calendários agora dão de outro modo: { $count }. Confira-os e mova-os.
notification-catalogue-changed = O catálogo muda obrigações adotadas: { $count }. Confira as mudanças e adote-as.
notification-mail-message = Mensagem
notification-mail-description = Descrição
notification-mail-note = Observação
notification-mail-from = De
notification-mail-acted-by = Feito por
notification-mail-reply = Responda ao cliente no próprio atendimento: ele não recebe respostas a este e-mail.
notification-mail-footer = { $firm } enviou este aviso automaticamente, conforme as preferências da sua conta. Altere-as quando quiser.

## Mail: tasks were assigned to a staff member.

task-mail-subject = Tarefa: { $title }
task-mail-subject-several = Tarefas sob sua responsabilidade ({ $count })
task-mail-due = Vencimento
task-mail-more = mais { $count }
task-mail-reply = As tarefas estão no Guichet: respostas a este e-mail não chegam ao cliente.
document-mail-subject = Documento: { $document }
document-mail-several = { $client } entregou { $count } arquivos.
document-mail-reply = Os documentos estão no Guichet: respostas a este e-mail não chegam ao cliente.

## Statuses of tasks.

task-status-todo = A fazer
task-status-in-progress = Em andamento
task-status-waiting-client = Aguardando o cliente
task-status-done = Concluída
task-status-canceled = Cancelada

## E-mail aos proprietários: a prova do remetente sumiu.

sender-mail-subject = Seus e-mails não saem mais de { $sender }
sender-mail-lead = O registro de DNS que prova que { $domain } pertence a { $firm } não existe mais. Até que ele volte, seus e-mails saem de { $from }, ainda com o nome do escritório; as respostas continuam chegando a vocês.
sender-mail-heading = Publique o registro novamente
sender-mail-name = Nome do registro
sender-mail-type = Tipo
sender-mail-value = Valor
sender-mail-at = Percebido em
sender-mail-after = Quando o registro voltar, seus e-mails sairão novamente de { $sender } em cerca de uma hora, sem que seja preciso fazer mais nada. Um proprietário também pode verificá-lo na hora, nas configurações.
sender-mail-footer = Os proprietários de { $firm } recebem este aviso automaticamente.

## Colunas da lista exportada de atendimentos.

ticket-export-number = Número
ticket-export-client = Cliente
ticket-export-opened-by = Aberto por
ticket-export-subject = Assunto
ticket-export-assignee = Responsável
ticket-export-department = Setor
ticket-export-service-item = Serviço
ticket-export-status = Situação
ticket-export-price = Valor
ticket-export-currency = Moeda
ticket-export-created-at = Aberto em
ticket-export-updated-at = Última alteração
ticket-export-closed-at = Encerrado em

## Colunas da lista exportada de tarefas.

task-export-title = Tarefa
task-export-client = Cliente
task-export-task-type = Tipo de tarefa
task-export-period = Período
task-export-assignee = Responsável
task-export-department = Setor
task-export-status = Situação
task-export-legal-due-on = Vencimento legal
task-export-target-on = Data-alvo
task-export-hand-in-by = Entregar até
task-export-created-at = Criada em
task-export-updated-at = Última alteração
task-export-closed-at = Encerrada em

## O calendário que outros programas assinam.

feed-name = { $firm }: vencimentos
feed-hand-in = Entregar: { $what }
feed-due = Vence: { $what }
feed-target = Data-alvo: { $what }
feed-provisional = A data ainda pode mudar.

## Como se chegou a um vencimento, passo a passo. As datas já chegam escritas.

due-period-start = A competência começa em { $to }.
due-period-end = A competência termina em { $to }.
due-rule = A obrigação { $key } vence em { $to } ({ $source }).
due-legal-date = O vencimento legal é { $to }.
due-event = Data considerada ({ $key }): { $to }.
due-months =
    { $direction ->
        [back] { $number ->
            [one] Um mês antes: { $to }.
           *[other] { $number } meses antes: { $to }.
        }
       *[on] { $number ->
            [one] Um mês depois: { $to }.
           *[other] { $number } meses depois: { $to }.
        }
    }
due-day =
    { $number ->
        [1] O dia 1º do mês: { $to }.
       *[other] O dia { $number } do mês: { $to }.
    }
due-last-day = O último dia do mês: { $to }.
due-nth-business-day =
    { $direction ->
        [back] { $number ->
            [1] O último dia útil do mês ({ $calendar }): { $to }.
           *[other] O { $number }º dia útil do mês, de trás para a frente ({ $calendar }): { $to }.
        }
       *[on] O { $number }º dia útil do mês ({ $calendar }): { $to }.
    }
due-days =
    { $direction ->
        [back] { $number ->
            [one] Um dia antes: { $to }.
           *[other] { $number } dias antes: { $to }.
        }
       *[on] { $number ->
            [one] Um dia depois: { $to }.
           *[other] { $number } dias depois: { $to }.
        }
    }
due-business-days =
    { $direction ->
        [back] { $number ->
            [one] Um dia útil antes ({ $calendar }): { $to }.
           *[other] { $number } dias úteis antes ({ $calendar }): { $to }.
        }
       *[on] { $number ->
            [one] Um dia útil depois ({ $calendar }): { $to }.
           *[other] { $number } dias úteis depois ({ $calendar }): { $to }.
        }
    }
due-before = O vencimento é antecipado de { $from } para o dia útil anterior ({ $calendar }): { $to }.
due-after = O vencimento passa de { $from } para o próximo dia útil ({ $calendar }): { $to }.
due-table = A agenda do órgão indica { $to }.
due-own-table = O escritório fixou { $to }.
due-extension = O órgão prorrogou para { $to } ({ $source }).
due-override = Para este cliente, foi definido { $to } ({ $source }).
due-set = A data foi definida para { $to }.
due-choose = Cadastro do cliente, { $key }: { $value }.
due-beaten = Sem isso, seria { $date } ({ $source }).
day-off-weekly = { $date } não é dia útil.
day-off-holiday =
    { $source ->
        [none] { $date } é { $level }: { $name }.
       *[other] { $date } é { $level }: { $name } ({ $source }).
    }
holiday-national = feriado nacional
holiday-region = feriado estadual
holiday-city = feriado municipal
yes = sim
no = não

## Por que um vencimento ainda pode mudar.

provisional-attribute-missing = O cadastro do cliente não informa: { $key }. Esta é a data mais próxima possível.
provisional-place-missing = O cadastro do cliente não informa: { $key }. Esta é a data mais próxima entre os lugares conhecidos; outro lugar pode ter uma data anterior.
provisional-region-unknown = A região de { $place } não é conhecida. Esta é a data mais próxima entre todas as regiões.
provisional-event-unknown = Esta data ainda não é conhecida: { $name }.
provisional-calendar-year = Os feriados de { $year } ({ $place }) ainda não são definitivos.
provisional-no-working-day = Não há nenhum dia útil em um mês.
provisional-open = Ainda não se conhece um dado de que a data depende.

## Calendários.

calendar-br-bank = dias bancários
calendar-br-filing = dias de entrega de declarações
calendar-br-labour = dias úteis trabalhistas, com sábado
calendar-fr-filing = dias de entrega na França
calendar-fr-ouvrable = dias úteis na França, com sábado
calendar-fr-labour = dias de trabalho na França, com sábado
calendar-fr-bank = dias bancários na França
calendar-es-filing = dias úteis na Espanha
calendar-es-labour = dias de trabalho na Espanha, com sábado
calendar-es-bank = dias bancários na Espanha
calendar-pt-filing = dias de entrega em Portugal
calendar-pt-labour = dias de trabalho em Portugal, com sábado
calendar-pt-bank = dias bancários em Portugal
calendar-office = dias de trabalho do escritório

## O que as regras perguntam sobre um cliente.

attribute-region = estado
attribute-city = município
attribute-legalform = natureza jurídica
legal-form-sole = empresário individual
legal-form-company = sociedade
legal-form-sa = sociedade anônima (SA)
legal-form-other = outra forma
attribute-department = departamento
attribute-registrationprefix = início do número de registro
attribute-nameinitial = primeira letra do nome
attribute-staff = número de empregados
attribute-payrolldeferred = salários pagos no mês seguinte
attribute-adhered = adesão ao novo regime
attribute-accountsapproved = aprovação das contas

period-month = { $month }/{ $year }
period-months = { $from }–{ $month }/{ $year }
period-quarter = { $quarter }º tri. { $year }
period-year = { $year }
period-fiscal-year = exercício { $month }/{ $year }

## Why a due date moves.

move-rule = A regra mudou: { $source }.
move-rule-none = Já não há data para este período, ou ainda não há.
move-extension = A autoridade alterou a data: { $source }.
move-override = O que o escritório combinou para este cliente mudou: { $source }.
move-calendar = Os dias não úteis no caminho até a data mudaram.
move-event = O que a regra espera aconteceu, ou em outro dia.
move-client = O cadastro do cliente mudou.
move-own-rule = As regras do próprio escritório para as suas datas mudaram.
move-certainty = A data fica; mudou o quanto ela é certa.

## E-mail: documentos entregues e comprovantes.

documents-mail-subject = Novos documentos para { $client }
documents-mail-lead = { $firm } publicou documentos para { $client } na sua área do cliente.
documents-mail-due = Vence em { $date }
documents-mail-no-due = Sem vencimento
documents-mail-footer = Esta mensagem de { $firm } sobre os documentos de { $client } foi enviada automaticamente.
receipt-mail-subject = Comprovante: documentos de { $client }
receipt-mail-lead = { $firm } recebeu estes arquivos de { $client } enviados por você.
receipt-mail-at = Recebido
receipt-mail-by = Entregue por
receipt-mail-after = Cada arquivo é verificado antes de valer. Se algum for recusado, você o verá na sua área do cliente.

## Pastas de uma biblioteca.

document-category-tax = Impostos
document-category-payroll = Folha de pagamento
document-category-accounting = Contabilidade
document-category-corporate = Societário
document-category-other = Outros
