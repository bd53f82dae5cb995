/* SPDX-License-Identifier: MIT */
/*
 * The daemon as a task: xsd_init(secret, log, xsd_task_wake), and then
 * task_start("xenstored", xsd_task, NULL).
 */
#ifndef LINK_GUEST_H
#define LINK_GUEST_H

void xsd_task(void *arg);
void xsd_task_wake(void);

#endif
