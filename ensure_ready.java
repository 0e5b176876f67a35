///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Brings a Kubernetes environment up, waits softly, and says in JSON whether it is ready and if not, why
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7

import picocli.CommandLine.Command;

@Command(name = "ensure_ready")
public class ensure_ready {
}
