-- Which address a session's visit has, for rooms that know somebody by their address.
CREATE VIEW visitor_view WITH (security_invoker = true) AS
    SELECT session_id, party_id, lower(email) AS email
      FROM payment WHERE email IS NOT NULL AND session_id IS NOT NULL;
