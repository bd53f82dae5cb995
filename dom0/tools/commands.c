// SPDX-License-Identifier: MIT
/*
 * The table of commands. Names, options and what follows them are xl's, where
 * xl has the command; the tools' of xenstore; then the shell's own.
 */
#include "cmds.h"

#define MEMORY "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>"

const struct command commands[] = {
	{ "create", cmd_create, "Create a domain from a configuration file",
	  "<ConfigFile> [options] [vars]",
	  "-h                      Print this help.\n"
	  "-p                      Create it, but do not let it run yet.\n"
	  "-c                      Attach to its console.\n"
	  "-f FILE, --defconfig=FILE\n"
	  "                        The configuration file.\n"
	  "-q, --quiet             Do not tell what is being done.\n"
	  "-n, --dryrun            Print the configuration, create nothing.\n"
	  "-d                      Print the configuration, too.",
	  "pcf:qnd", "defconfig=f quiet=q dryrun=n", 0, "f-" },
	{ "list", cmd_list, "List all domains, or one", "[options] [Domain]\n",
	  "-l, --long              All details, as JSON.\n"
	  "-v, --verbose           Also UUIDs and reasons of shutdowns.",
	  "lv", "long=l verbose=v", 0, "d" },
	{ "destroy", cmd_destroy, "Terminate a domain at once",
	  "[options] <Domain>\n", "-f                      Even domain 0.", "f",
	  NULL, 1, "d" },
	{ "shutdown", cmd_shutdown, "Ask a domain to shut down",
	  "[options] <-a|Domain>",
	  "-a, --all               All domains but domain 0.\n"
	  "-h                      Print this help.\n"
	  "-F                      Without effect on PV guests.\n"
	  "-w, --wait              Wait until it is done; twice: until it is\n"
	  "                        gone.",
	  "awF", "all=a wait=w", 0, "d" },
	{ "reboot", cmd_reboot, "Ask a domain to reboot", "[options] <-a|Domain>",
	  "-a, --all               All domains but domain 0.\n"
	  "-h                      Print this help.\n"
	  "-F                      Without effect on PV guests.\n"
	  "-w, --wait              Wait until it is done; twice: until it is\n"
	  "                        gone.",
	  "awF", "all=a wait=w", 0, "d" },
	{ "pause", cmd_pause, "Stop a domain until it is unpaused", "<Domain>",
	  NULL, NULL, NULL, 1, "d" },
	{ "unpause", cmd_unpause, "Let a paused domain run", "<Domain>", NULL,
	  NULL, NULL, 1, "d" },
	{ "console", cmd_console, "Attach to a domain's console; ^] comes back",
	  "[options] <Domain>",
	  "-t <type>               console type: pv\n"
	  "-n <number>             console number: 0",
	  "t:n:", NULL, 1, "d" },
	{ "console-log", cmd_console_log,
	  "Show what a domain printed last, even if it is gone", "<Domain>",
	  NULL, NULL, NULL, 1, "d" },
	{ "console-wait", cmd_console_wait,
	  "Wait until a domain has printed a text",
	  "[-t <seconds>] <Domain> <text>",
	  "-t <seconds>            No longer than that.", "t:", NULL, 2, "d-" },
	{ "rename", cmd_rename, "Give a domain another name",
	  "<Domain> <NewDomainName>", NULL, NULL, NULL, 2, "d-" },
	{ "domid", cmd_domid, "The id of a domain's name", "<DomainName>", NULL,
	  NULL, NULL, 1, "d" },
	{ "domname", cmd_domname, "The name of a domain's id", "<DomainId>",
	  NULL, NULL, NULL, 1, "-" },
	{ "mem-max", cmd_mem_max, "Set how much memory a domain may have",
	  MEMORY, NULL, NULL, NULL, 2, "d-" },
	{ "mem-set", cmd_mem_set, "Ask a domain to use that much memory",
	  MEMORY, NULL, NULL, NULL, 2, "d-" },
	{ "vcpu-list", cmd_vcpu_list, "List the VCPUs of all or some domains",
	  "[Domain, ...]", NULL, NULL, NULL, 0, "d" },
	{ "vcpu-pin", cmd_vcpu_pin, "Set which CPUs a VCPU may use",
	  "[option] <Domain> <VCPU|all> <Hard affinity|-|all> "
	  "<Soft affinity|-|all>",
	  "-f, --force             Even if the domain has pinned it.", "f",
	  "force=f", 3, "d-" },
	{ "vcpu-set", cmd_vcpu_set, "Ask a domain to use that many VCPUs",
	  "[option] <Domain> <vCPUs>",
	  "-i, --ignore-host       Even if there are fewer CPUs.", "i",
	  "ignore-host=i", 2, "d-" },
	{ "vm-list", cmd_vm_list, "List domains by their UUIDs", "", NULL, NULL,
	  NULL, 0, "-" },
	{ "info", cmd_info, "Show the machine and the hypervisor", "[name]",
	  NULL, NULL, NULL, 0, "-" },
	{ "trigger", cmd_trigger, "Send a trigger to a domain",
	  "<Domain> <nmi|reset|init|power|sleep> [<VCPU>]", NULL, NULL, NULL, 2,
	  "d-" },
	{ "sysrq", cmd_sysrq, "Send a sysrq to a domain", "<Domain> <letter>",
	  NULL, NULL, NULL, 2, "d-" },
	{ "debug-keys", cmd_debug_keys, "Send debug keys to the hypervisor",
	  "<Keys>", NULL, NULL, NULL, 1, "-" },
	{ "dmesg", cmd_dmesg, "Show the hypervisor's messages", "[-c]",
	  "-c, --clear             Then forget them.", "c", "clear=c", 0, "-" },
	{ "uptime", cmd_uptime, "Since when all or some domains run",
	  "[-s] [Domain]", "-s                      Short, with the time of day.",
	  "s", NULL, 0, "d" },
	{ "xenstore-ls", cmd_xenstore_ls, "Show a part of xenstore",
	  "[-f] [-p] [path]",
	  "-f                      Whole paths.\n"
	  "-p                      Permissions, too.",
	  "fp", NULL, 0, "x" },
	{ "xenstore-read", cmd_xenstore_read, "Show values in xenstore",
	  "[-p] [-R] <key...>",
	  "-p                      Their paths, too.\n"
	  "-R                      Raw, no matter what is in them.",
	  "pR", NULL, 1, "x" },
	{ "xenstore-list", cmd_xenstore_list, "Show what is below a path",
	  "[-p] <key...>", "-p                      Whole paths.", "p", NULL, 1,
	  "x" },
	{ "xenstore-exists", cmd_xenstore_exists,
	  "Are these in xenstore? The status says it", "<key...>", NULL, NULL,
	  NULL, 1, "x" },
	{ "xenstore-write", cmd_xenstore_write, "Write values to xenstore",
	  "<key> <value> [...]", NULL, NULL, NULL, 2, "x" },
	{ "xenstore-rm", cmd_xenstore_rm, "Remove parts of xenstore",
	  "[-t] <key...>", "-t                      And what that leaves empty.",
	  "t", NULL, 1, "x" },
	{ "xenstore-watch", cmd_xenstore_watch, "Show changes in xenstore",
	  "[-n NR] <key...>", "-n NR                   So many; else until ^C.",
	  "n:", NULL, 1, "x" },
	{ "cat", cmd_cat, "Show files", "<file...>", NULL, NULL, NULL, 1, "f" },
	{ "less", cmd_less, "Show a file page by page", "<file>", NULL, NULL,
	  NULL, 1, "f" },
	{ "ls", cmd_ls, "Show what is in a folder", "[-l] [folder]",
	  "-l                      Sizes, too.", "l", NULL, 0, "f" },
	{ "echo", cmd_echo, "Print words; $? is the last status",
	  "[-n] [word...]", "-n                      Without end of line.", "n",
	  NULL, 0, "f" },
	{ "tsc", cmd_tsc, "Print the processor's time-stamp counter", "", NULL,
	  NULL, NULL, 0, "-" },
	{ "sleep", cmd_sleep, "Wait", "<seconds>", NULL, NULL, NULL, 1, "-" },
	{ "source", cmd_source, "Run the commands of a file", "[-e] [-v] <file>",
	  "-e                      Stop at the first that fails.\n"
	  "-v                      Show them.",
	  "ev", NULL, 1, "f" },
	{ "?", cmd_status, "Print the last command's exit status", "", NULL,
	  NULL, NULL, 0, "-" },
	{ "host-poweroff", cmd_host_poweroff,
	  "Switch the machine off, with all its guests", "", NULL, NULL, NULL,
	  0, "-" },
	{ "host-reboot", cmd_host_reboot,
	  "Reboot the machine, with all its guests", "", NULL, NULL, NULL, 0,
	  "-" },
	{ "help", cmd_help, "This list, or the help of a command", "[command]",
	  NULL, NULL, NULL, 0, "c" },
};

const size_t nr_commands = sizeof(commands) / sizeof(commands[0]);
