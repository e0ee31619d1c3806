-- From when on a closed record is kept anew, because it took another one in or was parted from one, which is no word on when
-- following it ended. Empty: never, or by a process of the release before, which writes that into `closed_at`.
ALTER TABLE monitoring ADD COLUMN kept_since {timestamp};
