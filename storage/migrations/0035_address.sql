-- Where a person lives, and where they stay if that is elsewhere: whoever sends help must know it. Both sealed.
ALTER TABLE persons ADD COLUMN address_sealed {bytes};
ALTER TABLE persons ADD COLUMN whereabouts_sealed {bytes};
