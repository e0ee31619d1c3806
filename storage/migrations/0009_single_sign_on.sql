-- By what the identity provider knows a staff member: a keyed hash of the issuer and the subject, set at the first
-- sign-in through it. An address can be given to somebody else later; a subject is not.
ALTER TABLE staff_members ADD COLUMN sso_subject {bytes};
CREATE UNIQUE INDEX staff_members_by_sso_subject ON staff_members (sso_subject);
