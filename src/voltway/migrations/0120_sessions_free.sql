-- Whether a bay is free: in contact, heard of since then, and nobody charges or stands there. It is
-- what pages show, written for queries (``web.states.port_state``).
CREATE FUNCTION is_free(connected boolean, status text, session_state text, heard_at timestamptz,
                        since timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(connected AND status = 'available' AND heard_at >= since
                    AND coalesce(session_state, '') NOT IN ('charging', 'idle'), false)
$$;
