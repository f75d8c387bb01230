// SPDX-License-Identifier: Apache-2.0
// Stages of the test failover and its clean-up: a copy of the VMs in a box, while replication goes
// on.
//
// Source: "Run a disaster recovery drill to Azure": VMs "<vm>-test" on an isolated network; the
// clean-up "deletes the VMs that were created during test failover".
#pragma once

#include "vms/recovery/stages.hpp"

namespace switchback::recovery {

/// The chosen point is there, the test VMs' names are free, and the key is right.
Task<Nothing> check_test_failover(JobContext& job);
/// Makes the test VMs on overlays of the chosen point, on a network that nothing else is on.
Task<Nothing> create_test_vm(JobContext& job);
Task<Nothing> start_test_vm(JobContext& job);
/// Undo: nothing of the test copy is left.
Task<Nothing> abandon_test_failover(JobContext& job);

Task<Nothing> stop_test_vm(JobContext& job);
Task<Nothing> remove_test_vm(JobContext& job);

}  // namespace switchback::recovery
