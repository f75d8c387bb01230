// SPDX-License-Identifier: Apache-2.0
// Which recovery point an operator's choice means.
#pragma once

#include <string>

#include "harness/base/result.hpp"
#include "harness/system/request.hpp"
#include "vms/recovery/catalog.hpp"

namespace switchback::recovery {

/// The point that the choice means as the list of points is now; an Error of kind not_found if
/// there is no such point. `latest` means the newest too: that all data sent is processed first is
/// for the caller.
///
/// Source: the tutorial, "Failover options".
Result<PointRecord> choose_point(const ItemRecord& record, PointChoice choice,
                                 const std::string& point_id);

/// The point of the list that has this id, or nullptr.
const PointRecord* find_point(const ItemRecord& record, const std::string& point_id);

/// What the VMs at primary were made of at the newest cut that reached recovery.
ConfigRecord newest_config(const ItemRecord& record);

}  // namespace switchback::recovery
