\set client random(1, HOW_MANY)
WITH day AS MATERIALIZED (
    SELECT (now() AT TIME ZONE 'America/Sao_Paulo')::date AS today
), present AS MATERIALIZED (
    SELECT due_on, state, mark, count(*) AS n FROM (
        SELECT due_on, state, CASE WHEN direction = 'OUTPUT' AND published_at IS NOT NULL THEN
                CASE WHEN read_at IS NOT NULL THEN 'READ' WHEN due_on < today THEN 'OVERDUE_UNREAD'
                    WHEN due_on = today THEN 'DUE_TODAY_UNREAD' ELSE 'UPCOMING_UNREAD' END
            WHEN direction = 'OUTPUT' THEN 'AWAITING_FIRM'
            WHEN state NOT IN ('EXPECTED', 'REJECTED') THEN 'SETTLED'
            WHEN due_on < today THEN 'OVERDUE_TO_HAND_IN' ELSE 'TO_HAND_IN' END AS mark
        FROM documents CROSS JOIN day
        WHERE client_id = ('{IDS}'::uuid[])[:client] AND (state <> 'DROPPED' OR published_at IS NOT NULL)
            AND due_on BETWEEN date_trunc('month', today)::date AND (date_trunc('month', today) + interval '1 month -1 day')::date
    ) AS of_month GROUP BY due_on, state, mark
), of_days AS (
    SELECT due_on, sum(n)::bigint AS n, json_agg(json_build_object('mark', mark, 'count', n) ORDER BY mark) AS marks
    FROM (SELECT due_on, mark, sum(n)::bigint AS n FROM present GROUP BY due_on, mark) AS of_marks GROUP BY due_on
), soon AS (
    SELECT id, name, direction, period, due_on, state, CASE WHEN direction = 'OUTPUT' AND published_at IS NOT NULL THEN
                CASE WHEN read_at IS NOT NULL THEN 'READ' WHEN due_on < today THEN 'OVERDUE_UNREAD'
                    WHEN due_on = today THEN 'DUE_TODAY_UNREAD' ELSE 'UPCOMING_UNREAD' END
            WHEN direction = 'OUTPUT' THEN 'AWAITING_FIRM'
            WHEN state NOT IN ('EXPECTED', 'REJECTED') THEN 'SETTLED'
            WHEN due_on < today THEN 'OVERDUE_TO_HAND_IN' ELSE 'TO_HAND_IN' END AS mark
    FROM documents CROSS JOIN day
    WHERE client_id = ('{IDS}'::uuid[])[:client] AND (state <> 'DROPPED' OR published_at IS NOT NULL) AND due_on BETWEEN today AND today + 7
), late AS (
    SELECT id, name, direction, period, due_on, state, CASE WHEN direction = 'OUTPUT' AND published_at IS NOT NULL THEN
                CASE WHEN read_at IS NOT NULL THEN 'READ' WHEN due_on < today THEN 'OVERDUE_UNREAD'
                    WHEN due_on = today THEN 'DUE_TODAY_UNREAD' ELSE 'UPCOMING_UNREAD' END
            WHEN direction = 'OUTPUT' THEN 'AWAITING_FIRM'
            WHEN state NOT IN ('EXPECTED', 'REJECTED') THEN 'SETTLED'
            WHEN due_on < today THEN 'OVERDUE_TO_HAND_IN' ELSE 'TO_HAND_IN' END AS mark
    FROM documents CROSS JOIN day
    WHERE client_id = ('{IDS}'::uuid[])[:client] AND due_on < today
        AND ((direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
            OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL))
)
SELECT json_build_object('clientDashboard', json_build_object(
    'today', today,
    'month', to_char(today, 'YYYY-MM'),
    'progress', (SELECT json_build_object(
        'handedIn', coalesce(sum(n) FILTER (WHERE mark = 'SETTLED' AND state <> 'NOTHING_TO_SUBMIT'), 0),
        'nothingToSubmit', coalesce(sum(n) FILTER (WHERE mark = 'SETTLED' AND state = 'NOTHING_TO_SUBMIT'), 0),
        'missing', coalesce(sum(n) FILTER (WHERE mark IN ('TO_HAND_IN', 'OVERDUE_TO_HAND_IN')), 0),
        'unread', coalesce(sum(n) FILTER (WHERE mark LIKE '%UNREAD'), 0),
        'read', coalesce(sum(n) FILTER (WHERE mark = 'READ'), 0),
        'awaited', coalesce(sum(n) FILTER (WHERE mark = 'AWAITING_FIRM'), 0)
    ) FROM present),
    'days', (SELECT coalesce(json_agg(json_build_object('date', due_on, 'totalCount', n, 'marks', marks) ORDER BY due_on), '[]') FROM of_days),
    'dueSoon', json_build_object(
        'totalCount', (SELECT count(*) FROM soon),
        'nodes', (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'direction', direction, 'period', period, 'dueOn', due_on,
            'state', state, 'mark', mark) ORDER BY due_on, id), '[]') FROM (SELECT * FROM soon ORDER BY due_on, id LIMIT 20) AS first)
    ),
    'overdue', json_build_object(
        'totalCount', (SELECT count(*) FROM late),
        'nodes', (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'direction', direction, 'period', period, 'dueOn', due_on,
            'state', state, 'mark', mark) ORDER BY due_on, id), '[]') FROM (SELECT * FROM late ORDER BY due_on, id LIMIT 20) AS first)
    )
))
FROM day;
