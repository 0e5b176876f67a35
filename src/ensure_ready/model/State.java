package ensure_ready.model;

/** How far a workload is. */
public enum State { ready, progressing, failed, suspended, unverified }
