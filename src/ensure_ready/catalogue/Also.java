package ensure_ready.catalogue;

/** What the repair needs besides, where it applies: a StatefulSet's pod stays broken, variables are read once, Jobs cannot be changed. */
public enum Also implements Trait { DELETE_POD, ROLLOUT_RESTART, NEW_JOB_NAME }
