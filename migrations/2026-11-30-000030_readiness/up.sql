-- Written by every readiness probe: a database that only reads (after a failover, or with a full disk) is not ready.
CREATE TABLE readiness (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at timestamptz NOT NULL
);
