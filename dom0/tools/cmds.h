/* SPDX-License-Identifier: MIT */
/* The functions of the table of commands, in commands.c. */
#ifndef CMDS_H
#define CMDS_H

#include <stdint.h>
#include "command.h"

int cmd_list(struct arguments *a); /* cmd_list.c */
int cmd_vm_list(struct arguments *a);
int cmd_domid(struct arguments *a);
int cmd_domname(struct arguments *a);
int cmd_vcpu_list(struct arguments *a);
int cmd_uptime(struct arguments *a);

int cmd_create(struct arguments *a); /* cmd_guest.c */
int cmd_console(struct arguments *a);
int cmd_console_log(struct arguments *a);
int cmd_console_wait(struct arguments *a);
int cmd_destroy(struct arguments *a);
int cmd_shutdown(struct arguments *a);
int cmd_reboot(struct arguments *a);

int cmd_pause(struct arguments *a); /* cmd_control.c */
int cmd_unpause(struct arguments *a);
int cmd_rename(struct arguments *a);
int cmd_trigger(struct arguments *a);
int cmd_sysrq(struct arguments *a);
int cmd_mem_max(struct arguments *a);
int cmd_mem_set(struct arguments *a);
int cmd_vcpu_pin(struct arguments *a);
int cmd_vcpu_set(struct arguments *a);

int cmd_info(struct arguments *a); /* cmd_host.c */
int cmd_tsc(struct arguments *a);
int cmd_dmesg(struct arguments *a);
int cmd_debug_keys(struct arguments *a);
int cmd_host_poweroff(struct arguments *a);
int cmd_host_reboot(struct arguments *a);

int cmd_xenstore_ls(struct arguments *a); /* cmd_xenstore.c */
int cmd_xenstore_read(struct arguments *a);
int cmd_xenstore_list(struct arguments *a);
int cmd_xenstore_exists(struct arguments *a);
int cmd_xenstore_write(struct arguments *a);
int cmd_xenstore_rm(struct arguments *a);
int cmd_xenstore_watch(struct arguments *a);

/* Seconds with up to nine digits behind the point, in ns; false: it is none. */
bool parse_seconds(const char *text, uint64_t *ns);
int cmd_cat(struct arguments *a); /* cmd_shell.c */
int cmd_ls(struct arguments *a);
int cmd_less(struct arguments *a);
int cmd_echo(struct arguments *a);
int cmd_sleep(struct arguments *a);
int cmd_source(struct arguments *a);
int cmd_status(struct arguments *a);
int cmd_help(struct arguments *a);

#endif
