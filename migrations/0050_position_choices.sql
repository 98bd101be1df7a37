-- What somebody chose to act in for one sign-on, beside what is remembered for good.

-- sign_on_id is empty for what is remembered for good. What was chosen for a sign-on goes
-- when that has ended and its person chooses again.
CREATE TABLE position_choices_beside (
    person_id   TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    sign_on_id  TEXT   NOT NULL,
    position_id TEXT   NOT NULL,
    chosen_at   BIGINT NOT NULL,
    PRIMARY KEY (person_id, client_id, sign_on_id)
);

INSERT INTO position_choices_beside (person_id, client_id, sign_on_id, position_id, chosen_at)
SELECT person_id, client_id, COALESCE(sign_on_id, ''), position_id, chosen_at FROM position_choices;

DROP TABLE position_choices;
ALTER TABLE position_choices_beside RENAME TO position_choices;
