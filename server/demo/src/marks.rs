//! What the month has to show whatever the day is: each mark of a document, and what people make of lists.

use chrono::{Months, NaiveDate, TimeDelta};
use guichet_base::error::{Fault, Result};
use guichet_base::id::{Id, TaskId};
use guichet_base::input::Patch;
use guichet_engine::actor::Actor;
use guichet_obligations::{FiscalYears, Period};
use guichet_schema::month::calendar_feed::commands as calendar_feeds;
use guichet_schema::month::document::{open, settle};
use guichet_schema::month::export::commands::{CreateExport, create as export};
use guichet_schema::month::export::model::{ExportFormat, ListName};
use guichet_schema::month::folder::commands::{CreateFolder, create as make_folder};
use guichet_schema::month::saved_view::commands::{CreateSavedView, create as save_view};
use guichet_schema::month::task::bulk;
use guichet_schema::month::task::commands::{CreateTask, create};
use guichet_schema::month::task::dates::SetDates;
use guichet_schema::month::task::model::TaskStatus;
use guichet_schema::month::task::status::WishStatus;
use guichet_schema::nouns::WITH_FILES;
use guichet_schema::shared::file::rules::FileDisposition;
use serde_json::{Value, json};

use crate::fate::{Paper, Work};
use crate::house::Stage;
use crate::year::Which;

impl Stage<'_> {
    /// Work of the first client that staff do once more, so that each mark is seen whatever the day is.
    pub async fn every_mark(&mut self) -> Result<()> {
        let by = self.staff[self.customers[0].accountant].actor.clone();
        let user = self.customers[0].users[0].actor.clone();
        let day = |days| self.hours.date(self.whole.time()) + TimeDelta::days(days);
        let dates = [(day(-4), day(-9)), (day(0), day(-5)), (day(6), day(3)), (day(9), day(-2))];
        let [overdue, today, later, late] = dates;
        let store = self.whole.store.clone();

        let work = self.do_again(&by, 0, overdue).await?;
        self.deliver(&by, &work, &work.outputs).await?;
        if let Some(second) = work.outputs.get(1) {
            open::open(&store, WITH_FILES, &user, second.id, None, FileDisposition::Attachment).await?;
        }
        self.turn_task(&by, work.task, TaskStatus::Done).await?;
        // After the work was done: late.
        self.bring(&user, &work, &work.inputs[..1]).await?;
        if let Some(second) = work.inputs.get(1) {
            self.bring(&user, &work, std::slice::from_ref(second)).await?;
            let (version, reason) = (self.version_of(second.id).await?, &self.month.phrases.reject[0]);
            settle::reject(&store, &by, second.id, version, None, reason).await?;
        }
        if let Some(third) = work.inputs.get(2) {
            settle::nothing_to_submit(&store, &user, third.id, true).await?;
        }

        let work = self.do_again(&by, 1, today).await?;
        self.bring(&user, &work, &work.inputs).await?;
        self.turn_task(&by, work.task, TaskStatus::InProgress).await?;
        self.deliver(&by, &work, &work.outputs).await?;
        let wanted = work.outputs.iter().find(|paper| paper.wants_approval);
        let wanted = wanted.ok_or_else(|| Fault::Broken("nothing to approve in work done again".into()))?;
        let (read, wrong) = (self.version_of(wanted.id).await?, self.month.phrases.contest[0].as_str());
        settle::answer(&store, &user, wanted.id, read, Some(wrong)).await?;

        let work = self.do_again(&by, 2, later).await?;
        self.turn_task(&by, work.task, TaskStatus::InProgress).await?;
        self.deliver(&by, &work, &work.outputs[..1]).await?;

        let work = self.do_again(&by, 3, late).await?;
        if let Some(last) = work.outputs.last() {
            settle::drop_one(&store, &by, last.id, self.version_of(last.id).await?, true).await?;
        }
        self.settle().await
    }

    /// Enters work by hand: with the title at this place, due by law and to be handed in for on these days.
    async fn do_again(
        &mut self,
        by: &Actor,
        place: usize,
        (legal, hand_in): (NaiveDate, NaiveDate),
    ) -> Result<Work> {
        self.go_on();
        let (task_type_id, kind) = self.kind_done_again()?;
        let before = self.hours.date(self.whole.time()) - Months::new(1);
        let period = Period::containing(kind, before, &FiscalYears::calendar());
        let dates =
            SetDates { legal: Patch::Set(legal), hand_in: Patch::Set(hand_in), ..SetDates::default() };
        let input = CreateTask {
            client_id: self.customers[0].id,
            title: self.month.phrases.again[place].clone(),
            description: String::new(),
            assignee_id: None,
            task_type_id: Some(task_type_id),
            period: period.map(|period| period.to_string()),
            dates,
            unexpected: Vec::new(),
            documents: Vec::new(),
        };
        let key = self.key();
        let task = create(&self.whole.store, by, &key, input).await?.value;
        self.settle().await?;
        let work = self.works(Which::Task(task)).await?.pop();
        Ok(work.ok_or_else(|| Fault::Broken(format!("{task} has no kind of work")))?)
    }

    async fn deliver(&mut self, by: &Actor, work: &Work, papers: &[Paper]) -> Result<()> {
        self.go_on();
        let ids = self.hand_in(by, papers.iter().map(|paper| (work, paper, 1)).collect()).await?;
        self.publish(by, ids).await?;
        self.settle().await
    }

    async fn bring(&mut self, by: &Actor, work: &Work, papers: &[Paper]) -> Result<()> {
        self.go_on();
        self.hand_in(by, papers.iter().map(|paper| (work, paper, 1)).collect()).await?;
        self.settle().await
    }

    /// Changes the status of a task.
    pub async fn turn_task(&mut self, by: &Actor, task: TaskId, status: TaskStatus) -> Result<()> {
        self.go_on();
        let reason = (status == TaskStatus::Canceled).then(|| self.month.phrases.canceled.clone());
        let wish = WishStatus { status, reason, confirm_missing: true };
        let key = self.key();
        bulk::change_status(&self.whole.store, by, &key, vec![Some(task)], wish).await?;
        self.settle().await
    }

    /// A person's own view and the firm's, feeds for both sides, and a folder of the first client.
    pub async fn lists(&mut self) -> Result<()> {
        let (owner, manager) = (self.owner(), self.manager());
        let user = self.customers[0].users[0].actor.clone();
        let open =
            json!({ "status": ["TODO", "IN_PROGRESS"], "assigneeIds": [manager.staff()?.id.encode()] });
        let views: [(&Actor, Value); 2] = [(&manager, open), (&owner, json!({ "isOverdue": true }))];
        for ((by, filter), name) in views.into_iter().zip(&self.month.phrases.views) {
            let of_firm = by.account_id == owner.account_id;
            let input = CreateSavedView { list: ListName::Tasks, name: name.clone(), filter, of_firm };
            let key = self.key();
            save_view(&self.whole.store, by, &key, input).await?;
        }
        for by in [&manager, &user] {
            let key = self.key();
            calendar_feeds::create(&self.whole.store, by, &key).await?;
        }
        let name = self.month.phrases.folder.clone();
        let input = CreateFolder { client_id: self.customers[0].id, parent_id: None, name };
        let key = self.key();
        make_folder(&self.whole.store, &manager, &key, input).await?;
        self.settle().await
    }

    /// A list that somebody asked for as a file; a worker writes it when it comes to it.
    pub async fn ask_for_list(&mut self) -> Result<()> {
        let (list, format, filter) = (ListName::Tasks, ExportFormat::Xlsx, json!({}));
        let key = self.key();
        let input = CreateExport { list, format, filter, order_by: None };
        export(&self.whole.store, &self.manager(), &key, input).await?;
        Ok(())
    }
}
