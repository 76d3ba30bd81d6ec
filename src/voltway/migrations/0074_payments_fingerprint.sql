-- A card's fingerprint: the provider's own word for one number, which tells nothing of it. With it one
-- card is one card, and not all that end alike.

ALTER TABLE payment ADD COLUMN card_fingerprint text;
