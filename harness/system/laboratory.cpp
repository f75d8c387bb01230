// SPDX-License-Identifier: Apache-2.0
// Names of edits, and what not every world offers.
#include "harness/system/laboratory.hpp"

#include <fmt/format.h>

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Edit>, kAllEdits.size()> kEdits = {{
    {Edit::add_disk, "add_disk"},
    {Edit::grow_disk, "grow_disk"},
    {Edit::swap_disks, "swap_disks"},
    {Edit::move_disk, "move_disk"},
    {Edit::change_nic, "change_nic"},
    {Edit::add_memory, "add_memory"},
    {Edit::delete_vm, "delete_vm"},
    {Edit::foreign_checkpoint, "foreign_checkpoint"},
    {Edit::take_snapshot, "take_snapshot"},
    {Edit::revert_to_snapshot, "revert_to_snapshot"},
    {Edit::undo, "undo"},
}};

}  // namespace

std::string_view name_of(Edit edit) {
  return lookup_name(kEdits, edit);
}
std::optional<Edit> edit_named(std::string_view name) {
  return lookup_value(kEdits, name);
}

Nothing Laboratory::write_behind(const ItemName&, const std::vector<GuestWrite>&) {
  return unsupported("nobody writes behind the back of a VM in this world",
                     "choose a fault or an edit that it offers");
}
Nothing Laboratory::move_disk(const ItemName&, const ItemName&) {
  return unsupported("no disk can be moved in this world", "choose another edit");
}
Result<std::unique_ptr<ImageReader>> Laboratory::open_moved_disk(const ItemName& from) {
  return not_found(fmt::format("no disk of {} was moved", from), "move one first");
}

}  // namespace switchback
