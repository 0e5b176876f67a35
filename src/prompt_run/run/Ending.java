package prompt_run.run;

/** How the agent's process ended, as far as anybody can prove. */
public record Ending(String how, int rc, String reason, boolean began) {
    static Ending exited(int rc, String reason) {
        return new Ending("exited", rc, reason, true);
    }

    static Ending broken(String why, boolean began) {
        return new Ending("broken", -1, why, began);
    }

    static Ending cancelled(int signal, boolean began) {
        return new Ending("cancelled", signal, "cancelled", began);
    }

    static Ending nowhere(String why) {
        return new Ending("nowhere", -1, why, false);
    }

    boolean cancelledTwice(Cancel cancel) {
        return cancel.times() > 1;
    }
}
