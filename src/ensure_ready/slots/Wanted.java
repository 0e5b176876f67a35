package ensure_ready.slots;

/** Which slot is asked for; 0 stands for "not given", {@code max} 0 for no limit. */
public record Wanted(String env, int number, int issue, int pr, int max) {
    @Override
    public String toString() {
        return "env " + env + (number > 0 ? ", slot " + number : "") + (issue > 0 ? ", issue " + issue : "")
            + (pr > 0 ? ", pull request " + pr : "");
    }
}
