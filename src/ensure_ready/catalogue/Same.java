package ensure_ready.catalogue;

/** What two findings of one code must share to be one cause. */
public enum Same implements Trait {
    /** The object, and for a workload its container. */
    PLACE(""),
    OBJECT(""), KEY("key"), REGISTRY("image"),
    /** Nothing: one cause for the whole cluster. */
    CLUSTER(""),
    IMAGE("image"), CLASS("class"), PROVISIONER("provisioner"), TAINT("taint"), HOST("host"), ADDRESS("address"), TARGET("target");

    /** The finding's parameter that is compared; where there is none the object is. */
    public final String param;

    Same(String param) {
        this.param = param;
    }
}
