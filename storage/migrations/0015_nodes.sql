-- Which releases go on working with the schema after a migration: those that know at least the migration with this
-- number; 0: all. None: those that know the migration itself, as it was before this column.
ALTER TABLE migrations ADD COLUMN compatible_from INTEGER;
