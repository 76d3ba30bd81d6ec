-- What owners got as letters of their own is told as events, which each may choose. What waits still,
-- or was never heard, goes on as one: by mail, to the same.
UPDATE alert
   SET template = 'event',
       event = CASE template WHEN 'dispute' THEN 'dispute_opened'
                             WHEN 'returned' THEN 'refund_returned'
                             WHEN 'report' THEN 'problem_reported'
                             ELSE 'dispute_due' END,
       about = CASE template WHEN 'returned' THEN 'returned:' WHEN 'report' THEN 'report:'
                             ELSE 'dispute:' END || split_part(once, ':', 2),
       facts = CASE template
                   WHEN 'returned' THEN
                        jsonb_build_object('page', '/console/returned/' || split_part(once, ':', 2))
                   WHEN 'report' THEN
                        jsonb_build_object('page', '/console/reports/' || split_part(once, ':', 2),
                                           'what', 'a problem',
                                           'place', 'Look at it in the console')
                   ELSE jsonb_build_object('page', '/console/disputes/' || split_part(once, ':', 2),
                                           'count', CASE template WHEN 'dispute_last' THEN '12'
                                                                  ELSE '48' END)
               END,
       holder = lower(recipient)
 WHERE template IN ('dispute', 'dispute_due', 'dispute_last', 'returned', 'report')
   AND state IN ('queued', 'failed');
