-- Figures explain what was corrected since: the corrections of who and when, by when they were made.
CREATE INDEX corrections_of_attributes ON corrections (at) WHERE subject = 'attributes';
