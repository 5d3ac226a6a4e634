//! Diesel's view of the tables, as the migrations make them. Written by `UPDATE_TABLES=1 cargo test -p guichet-tests tables`.
#![allow(missing_docs)]

diesel::table! {
    accounts (id) {
        id -> Uuid,
        email -> Text,
        email_ci -> Text,
        name -> Text,
        locale -> Text,
        password_hash -> Nullable<Text>,
        verified_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    attachments (id) {
        id -> Uuid,
        firm_id -> Uuid,
        file_id -> Uuid,
        subject_id -> Uuid,
        message_id -> Nullable<Uuid>,
        visibility -> Text,
        created_at -> Timestamptz,
        subject_noun -> Text,
        posted_with_message -> Bool,
    }
}

diesel::table! {
    audit (id) {
        id -> Uuid,
        firm_id -> Nullable<Uuid>,
        at -> Timestamptz,
        account_id -> Nullable<Uuid>,
        staff_id -> Nullable<Uuid>,
        access_id -> Nullable<Uuid>,
        act -> Text,
        noun -> Text,
        subject_id -> Nullable<Uuid>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    calendar_feeds (id) {
        id -> Uuid,
        firm_id -> Uuid,
        staff_id -> Nullable<Uuid>,
        access_id -> Nullable<Uuid>,
        secret_hash -> Binary,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    changes (id) {
        id -> Uuid,
        firm_id -> Uuid,
        subject_id -> Uuid,
        act_id -> Uuid,
        field -> Text,
        old_value -> Nullable<Text>,
        new_value -> Nullable<Text>,
        reason -> Nullable<Text>,
        author_staff -> Nullable<Uuid>,
        author_access -> Nullable<Uuid>,
        at -> Timestamptz,
        seq -> BigInt,
        subject_noun -> Text,
    }
}

diesel::table! {
    charges (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        ticket_id -> Nullable<Uuid>,
        description -> Text,
        amount_minor -> BigInt,
        currency -> Text,
        due_on -> Date,
        status -> Text,
        paid_at -> Nullable<Timestamptz>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    client_attributes (client_id, key, valid_from) {
        client_id -> Uuid,
        firm_id -> Uuid,
        key -> Text,
        valid_from -> Date,
        value -> Nullable<Jsonb>,
    }
}

diesel::table! {
    client_events (client_id, name, period) {
        client_id -> Uuid,
        firm_id -> Uuid,
        name -> Text,
        period -> Text,
        happened_on -> Date,
    }
}

diesel::table! {
    client_recipients (client_id, topic, position) {
        client_id -> Uuid,
        firm_id -> Uuid,
        topic -> Text,
        position -> Integer,
        email -> Text,
    }
}

diesel::table! {
    clients (id) {
        id -> Uuid,
        firm_id -> Uuid,
        name -> Text,
        registration -> Nullable<Text>,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        locale -> Text,
        accountant_id -> Nullable<Uuid>,
        search_text -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        search_fold -> SmallInt,
        name_key -> Binary,
        country -> Text,
        zone -> Nullable<Text>,
        fiscal_year_end -> Text,
        ended_on -> Nullable<Date>,
    }
}

diesel::table! {
    confirmed_years (firm_id, country, region, city, year) {
        firm_id -> Uuid,
        country -> Text,
        region -> Text,
        city -> Text,
        year -> Integer,
        confirmed_at -> Timestamptz,
    }
}

diesel::table! {
    department_members (department_id, staff_id) {
        department_id -> Uuid,
        staff_id -> Uuid,
        firm_id -> Uuid,
    }
}

diesel::table! {
    departments (id) {
        id -> Uuid,
        firm_id -> Uuid,
        name -> Text,
        lead_id -> Uuid,
        created_at -> Timestamptz,
        name_key -> Binary,
    }
}

diesel::table! {
    document_answers (document_id) {
        document_id -> Uuid,
        firm_id -> Uuid,
        answer -> Text,
        at -> Timestamptz,
        by_staff -> Nullable<Uuid>,
        by_access -> Nullable<Uuid>,
        comment -> Nullable<Text>,
    }
}

diesel::table! {
    document_definitions (id) {
        id -> Uuid,
        firm_id -> Uuid,
        task_type_id -> Uuid,
        position -> Integer,
        name -> Text,
        direction -> Text,
        category -> Text,
        folder -> Nullable<Text>,
        obligation_id -> Nullable<Uuid>,
        takes -> Text,
        publish_on_upload -> Bool,
        wants_approval -> Bool,
        is_required -> Bool,
        recognisers -> Jsonb,
        retired_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        hand_in_rule -> Nullable<Jsonb>,
    }
}

diesel::table! {
    document_tellings (act_id, document_id) {
        act_id -> Uuid,
        document_id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    document_versions (id) {
        id -> Uuid,
        firm_id -> Uuid,
        document_id -> Uuid,
        number -> Integer,
        attachment_id -> Uuid,
        sha256 -> Nullable<Binary>,
        is_late -> Bool,
        is_current -> Bool,
        note -> Nullable<Text>,
        published_at -> Nullable<Timestamptz>,
        rejected_at -> Nullable<Timestamptz>,
        rejection -> Nullable<Text>,
        read_at -> Nullable<Timestamptz>,
        read_by -> Nullable<Uuid>,
        due_on -> Nullable<Date>,
        created_at -> Timestamptz,
        stored_at -> Nullable<Timestamptz>,
        is_duplicate -> Bool,
        rejected_by -> Nullable<Uuid>,
        act_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    documents (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        task_id -> Nullable<Uuid>,
        definition_id -> Nullable<Uuid>,
        task_type_id -> Nullable<Uuid>,
        assignee_id -> Nullable<Uuid>,
        department_id -> Nullable<Uuid>,
        folder_id -> Nullable<Uuid>,
        direction -> Text,
        category -> Text,
        name -> Text,
        period -> Nullable<Text>,
        period_starts_on -> Nullable<Date>,
        takes -> Text,
        wants_approval -> Bool,
        is_required -> Bool,
        legal_due_on -> Nullable<Date>,
        due_on -> Nullable<Date>,
        is_due_set -> Bool,
        provisional -> Jsonb,
        due_facts -> Nullable<Jsonb>,
        state -> Text,
        published_at -> Nullable<Timestamptz>,
        read_at -> Nullable<Timestamptz>,
        approval -> Nullable<Text>,
        last_version -> Integer,
        search_text -> Text,
        search_fold -> SmallInt,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    due_date_extensions (id) {
        id -> Uuid,
        firm_id -> Uuid,
        obligation_id -> Uuid,
        period -> Text,
        places -> Array<Text>,
        condition -> Nullable<Jsonb>,
        due_on -> Date,
        published_on -> Date,
        source -> Text,
        shipped_digest -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    email_deliveries (id) {
        id -> Uuid,
        firm_id -> Uuid,
        cause_id -> Uuid,
        subject_id -> Uuid,
        client_id -> Nullable<Uuid>,
        account_id -> Nullable<Uuid>,
        recipient -> Nullable<Text>,
        recipient_ci -> Nullable<Text>,
        locale -> Text,
        status -> Text,
        reason -> Nullable<Text>,
        message_id -> Text,
        attempts -> Integer,
        smtp_reply -> Nullable<Text>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        round -> Integer,
        thread_subject -> Nullable<Text>,
        price_minor -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        notification_id -> Nullable<Uuid>,
        about -> Text,
        subject_noun -> Text,
        staff_id -> Nullable<Uuid>,
        facts -> Jsonb,
    }
}

diesel::table! {
    email_suppressions (firm_id, email_ci) {
        firm_id -> Uuid,
        email_ci -> Text,
        smtp_reply -> Text,
        delivery_id -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

diesel::table! {
    events (firm_id, revision) {
        firm_id -> Uuid,
        revision -> BigInt,
        noun -> Text,
        subject_id -> Uuid,
        audience_before -> Nullable<Jsonb>,
        audience_after -> Nullable<Jsonb>,
        at -> Timestamptz,
    }
}

diesel::table! {
    exports (id) {
        id -> Uuid,
        firm_id -> Uuid,
        requested_by -> Uuid,
        list -> Text,
        format -> Text,
        filter -> Jsonb,
        locale -> Text,
        state -> Text,
        rows -> Nullable<Integer>,
        file_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        order_by -> Nullable<Jsonb>,
    }
}

diesel::table! {
    file_accesses (id) {
        id -> Uuid,
        firm_id -> Uuid,
        file_id -> Uuid,
        at -> Timestamptz,
        channel -> Text,
        account_id -> Nullable<Uuid>,
        staff_id -> Nullable<Uuid>,
        access_id -> Nullable<Uuid>,
        address -> Nullable<Text>,
        device -> Nullable<Text>,
    }
}

diesel::table! {
    files (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Nullable<Uuid>,
        uploader_staff -> Nullable<Uuid>,
        uploader_access -> Nullable<Uuid>,
        name -> Text,
        content_type -> Text,
        size -> BigInt,
        sha256 -> Nullable<Binary>,
        state -> Text,
        refusal -> Nullable<Text>,
        expires_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        is_protected -> Bool,
    }
}

diesel::table! {
    firm_feed (firm_id) {
        firm_id -> Uuid,
        epoch -> Uuid,
        revision -> BigInt,
        pruned_to -> BigInt,
    }
}

diesel::table! {
    firm_holidays (id) {
        id -> Uuid,
        firm_id -> Uuid,
        country -> Text,
        region -> Nullable<Text>,
        city -> Nullable<Text>,
        date -> Date,
        kinds -> Text,
        name -> Text,
        source -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    firms (id) {
        id -> Uuid,
        name -> Text,
        locale -> Text,
        zone -> Text,
        country -> Text,
        currency -> Text,
        mail_from -> Text,
        mail_reply_to -> Nullable<Text>,
        member_reach -> Text,
        client_reopen_days -> Integer,
        charge_due_days -> Integer,
        created_at -> Timestamptz,
        version -> Integer,
        office_days -> Array<SmallInt>,
        office_region -> Nullable<Text>,
        office_city -> Nullable<Text>,
        late_files -> Bool,
        is_demo -> Bool,
        clock_ahead_seconds -> BigInt,
        told_day -> Nullable<Date>,
        generated_on -> Nullable<Date>,
        known_rules -> Nullable<Text>,
    }
}

diesel::table! {
    fiscal_years (client_id, ends_on) {
        client_id -> Uuid,
        firm_id -> Uuid,
        starts_on -> Date,
        ends_on -> Date,
    }
}

diesel::table! {
    folders (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        parent_id -> Nullable<Uuid>,
        name -> Text,
        key -> Nullable<Text>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    generations (id) {
        id -> Uuid,
        firm_id -> Uuid,
        requested_by -> Nullable<Uuid>,
        up_to -> Date,
        filter -> Jsonb,
        state -> Text,
        planned -> Integer,
        made -> Integer,
        undone -> Integer,
        version -> Integer,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        kept -> Integer,
        undone_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    idempotency_keys (actor_id, mutation, key) {
        actor_id -> Uuid,
        mutation -> Text,
        key -> Text,
        input_hash -> Binary,
        outcome -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    installation (one) {
        one -> Bool,
        place -> Nullable<Text>,
    }
}

diesel::table! {
    invitations (id) {
        id -> Uuid,
        account_id -> Uuid,
        firm_id -> Uuid,
        staff_id -> Nullable<Uuid>,
        access_id -> Nullable<Uuid>,
        secret_hash -> Binary,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    job_pauses (kind) {
        kind -> Text,
        until -> Timestamptz,
        reason -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    jobs (id) {
        id -> Uuid,
        kind -> Text,
        key -> Nullable<Text>,
        firm_id -> Nullable<Uuid>,
        payload -> Jsonb,
        priority -> SmallInt,
        status -> Text,
        run_at -> Timestamptz,
        attempts -> Integer,
        max_attempts -> Integer,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        worker -> Nullable<Text>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        missed_at -> Nullable<Timestamptz>,
        crashes -> Integer,
    }
}

diesel::table! {
    messages (id) {
        id -> Uuid,
        firm_id -> Uuid,
        subject_id -> Uuid,
        seq -> Integer,
        visibility -> Text,
        author_staff -> Nullable<Uuid>,
        author_access -> Nullable<Uuid>,
        body -> Text,
        created_at -> Timestamptz,
        subject_noun -> Text,
    }
}

diesel::table! {
    notification_preferences (staff_id, kind) {
        staff_id -> Uuid,
        kind -> Text,
        firm_id -> Uuid,
    }
}

diesel::table! {
    notifications (id) {
        id -> Uuid,
        firm_id -> Uuid,
        staff_id -> Uuid,
        act_id -> Uuid,
        kind -> Text,
        subject_id -> Uuid,
        message_id -> Nullable<Uuid>,
        author_staff -> Nullable<Uuid>,
        author_access -> Nullable<Uuid>,
        at -> Timestamptz,
        read_at -> Nullable<Timestamptz>,
        subject_noun -> Text,
        count -> Nullable<Integer>,
    }
}

diesel::table! {
    obligations (id) {
        id -> Uuid,
        firm_id -> Uuid,
        code -> Text,
        shipped_code -> Nullable<Text>,
        category -> Text,
        kind -> Text,
        jurisdiction -> Text,
        name -> Text,
        name_key -> Binary,
        cutoff -> Nullable<Text>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        is_edited -> Bool,
    }
}

diesel::table! {
    portal_accesses (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        account_id -> Uuid,
        role -> Text,
        status -> Text,
        created_at -> Timestamptz,
        name -> Nullable<Text>,
    }
}

diesel::table! {
    read_marks (subject_id, reader_id) {
        subject_id -> Uuid,
        reader_id -> Uuid,
        firm_id -> Uuid,
        seq -> Integer,
        at -> Timestamptz,
        subject_noun -> Text,
    }
}

diesel::table! {
    readiness (one) {
        one -> Bool,
        at -> Timestamptz,
    }
}

diesel::table! {
    recurring_task_overrides (id) {
        id -> Uuid,
        firm_id -> Uuid,
        recurring_task_id -> Uuid,
        definition_id -> Nullable<Uuid>,
        from_period -> Text,
        to_period -> Nullable<Text>,
        due -> Jsonb,
        reason -> Text,
    }
}

diesel::table! {
    recurring_task_pauses (id) {
        id -> Uuid,
        firm_id -> Uuid,
        recurring_task_id -> Uuid,
        from_period -> Text,
        to_period -> Nullable<Text>,
        reason -> Text,
    }
}

diesel::table! {
    recurring_task_unexpected (recurring_task_id, definition_id) {
        recurring_task_id -> Uuid,
        definition_id -> Uuid,
        firm_id -> Uuid,
    }
}

diesel::table! {
    recurring_tasks (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        task_type_id -> Uuid,
        assignee_id -> Nullable<Uuid>,
        first_period -> Text,
        last_period -> Nullable<Text>,
        expects_documents -> Nullable<Bool>,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    registrations (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        kind -> Text,
        number -> Text,
        root -> Text,
        is_primary -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    rule_versions (id) {
        id -> Uuid,
        firm_id -> Uuid,
        obligation_id -> Uuid,
        valid_from -> Nullable<Text>,
        valid_to -> Nullable<Text>,
        first_day -> Nullable<Date>,
        last_day -> Nullable<Date>,
        due -> Jsonb,
        source -> Text,
        status -> Text,
        note -> Nullable<Text>,
        shipped_digest -> Nullable<Text>,
        created_at -> Timestamptz,
        is_corrected -> Bool,
    }
}

diesel::table! {
    saved_views (id) {
        id -> Uuid,
        firm_id -> Uuid,
        staff_id -> Nullable<Uuid>,
        list -> Text,
        name -> Text,
        filter -> Jsonb,
        created_at -> Timestamptz,
        version -> Integer,
    }
}

diesel::table! {
    sender_proofs (firm_id) {
        firm_id -> Uuid,
        domain -> Text,
        found -> Text,
        checked_at -> Timestamptz,
        proved_at -> Nullable<Timestamptz>,
        missing_since -> Nullable<Timestamptz>,
        missing_times -> Integer,
        lost_at -> Nullable<Timestamptz>,
        check_at -> Timestamptz,
    }
}

diesel::table! {
    service_items (id) {
        id -> Uuid,
        firm_id -> Uuid,
        name -> Text,
        description -> Text,
        price_minor -> BigInt,
        department_id -> Nullable<Uuid>,
        active -> Bool,
        search_text -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        search_fold -> SmallInt,
        name_key -> Binary,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        token_hash -> Binary,
        account_id -> Uuid,
        staff_id -> Nullable<Uuid>,
        access_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sign_in_failures (id) {
        id -> Uuid,
        email_ci -> Text,
        address -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    staff_members (id) {
        id -> Uuid,
        firm_id -> Uuid,
        account_id -> Uuid,
        name -> Text,
        role -> Text,
        joined_at -> Nullable<Timestamptz>,
        disabled_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        name_key -> Binary,
    }
}

diesel::table! {
    task_types (id) {
        id -> Uuid,
        firm_id -> Uuid,
        name -> Text,
        name_key -> Binary,
        description -> Text,
        shipped_code -> Nullable<Text>,
        category -> Text,
        department_id -> Nullable<Uuid>,
        obligation_id -> Nullable<Uuid>,
        target_rule -> Nullable<Jsonb>,
        hand_in_rule -> Nullable<Jsonb>,
        period_kind -> Text,
        every -> Integer,
        months -> Array<SmallInt>,
        generate_month -> Integer,
        generate_day -> SmallInt,
        assignee_id -> Nullable<Uuid>,
        assign_portfolio -> Bool,
        is_requestable -> Bool,
        expects_documents -> Bool,
        active -> Bool,
        search_text -> Text,
        search_fold -> SmallInt,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    tasks (id) {
        id -> Uuid,
        firm_id -> Uuid,
        client_id -> Uuid,
        recurring_task_id -> Nullable<Uuid>,
        task_type_id -> Nullable<Uuid>,
        generation_id -> Nullable<Uuid>,
        origin -> Text,
        period -> Nullable<Text>,
        period_starts_on -> Nullable<Date>,
        period_ends_on -> Nullable<Date>,
        title -> Text,
        description -> Text,
        assignee_id -> Uuid,
        department_id -> Nullable<Uuid>,
        status -> Text,
        legal_due_on -> Nullable<Date>,
        target_on -> Nullable<Date>,
        hand_in_by -> Nullable<Date>,
        is_target_set -> Bool,
        is_hand_in_set -> Bool,
        provisional -> Jsonb,
        due_facts -> Nullable<Jsonb>,
        was_generated_late -> Bool,
        is_untouched -> Bool,
        last_message_seq -> Integer,
        search_text -> Text,
        search_fold -> SmallInt,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        title_key -> Binary,
    }
}

diesel::table! {
    ticket_collected_charges (ticket_id, charge_id) {
        ticket_id -> Uuid,
        charge_id -> Uuid,
        firm_id -> Uuid,
    }
}

diesel::table! {
    ticket_numbers (firm_id) {
        firm_id -> Uuid,
        last -> BigInt,
    }
}

diesel::table! {
    ticket_transfers (id) {
        id -> Uuid,
        firm_id -> Uuid,
        ticket_id -> Uuid,
        from_staff -> Uuid,
        to_staff -> Uuid,
        from_department -> Nullable<Uuid>,
        to_department -> Nullable<Uuid>,
        note -> Text,
        by_staff -> Uuid,
        at -> Timestamptz,
        seq -> BigInt,
    }
}

diesel::table! {
    tickets (id) {
        id -> Uuid,
        firm_id -> Uuid,
        number -> BigInt,
        client_id -> Uuid,
        opened_by_staff -> Nullable<Uuid>,
        opened_by_access -> Nullable<Uuid>,
        service_item_id -> Nullable<Uuid>,
        accountant_id -> Nullable<Uuid>,
        assignee_id -> Uuid,
        department_id -> Nullable<Uuid>,
        subject -> Text,
        description -> Text,
        price_minor -> BigInt,
        currency -> Text,
        status -> Text,
        is_untouched -> Bool,
        last_message_seq -> Integer,
        search_text -> Text,
        version -> Integer,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        search_fold -> SmallInt,
        subject_key -> Binary,
    }
}

diesel::table! {
    undone_periods (recurring_task_id, period) {
        recurring_task_id -> Uuid,
        period -> Text,
        firm_id -> Uuid,
        undone_by -> Uuid,
        undone_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    attachments,
    audit,
    calendar_feeds,
    changes,
    charges,
    client_attributes,
    client_events,
    client_recipients,
    clients,
    confirmed_years,
    department_members,
    departments,
    document_answers,
    document_definitions,
    document_tellings,
    document_versions,
    documents,
    due_date_extensions,
    email_deliveries,
    email_suppressions,
    events,
    exports,
    file_accesses,
    files,
    firm_feed,
    firm_holidays,
    firms,
    fiscal_years,
    folders,
    generations,
    idempotency_keys,
    installation,
    invitations,
    job_pauses,
    jobs,
    messages,
    notification_preferences,
    notifications,
    obligations,
    portal_accesses,
    read_marks,
    readiness,
    recurring_task_overrides,
    recurring_task_pauses,
    recurring_task_unexpected,
    recurring_tasks,
    registrations,
    rule_versions,
    saved_views,
    sender_proofs,
    service_items,
    sessions,
    sign_in_failures,
    staff_members,
    task_types,
    tasks,
    ticket_collected_charges,
    ticket_numbers,
    ticket_transfers,
    tickets,
    undone_periods,
);
