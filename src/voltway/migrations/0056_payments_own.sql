-- What saved methods paid, for the pages of those whose they are.

CREATE VIEW own_payment_view WITH (security_invoker = true) AS
    SELECT p.id, p.party_id, p.visit_key, p.session_id, p.state, m.holder, m.id AS method_id
      FROM payment p JOIN payment_method m ON m.id = p.method_id;
