// SPDX-License-Identifier: Apache-2.0
// See declared.hpp.
#include "harness/system/declared.hpp"

#include "harness/base/names.hpp"

namespace switchback {
namespace {

constexpr std::array<EnumName<Declared>, kAllDeclared.size()> kDeclaredNames = {{
    {Declared::new_test_macs, "new_test_macs"},
    {Declared::no_test_adapters, "no_test_adapters"},
    {Declared::disconnected_adapters, "disconnected_adapters"},
    {Declared::full_copy_after_unclean_stop, "full_copy_after_unclean_stop"},
    {Declared::unknown_rpo, "unknown_rpo"},
    {Declared::drill_vms_stay, "drill_vms_stay"},
    {Declared::added_disks_left_out, "added_disks_left_out"},
}};

}  // namespace

std::string_view name_of(Declared declared) {
  return lookup_name(kDeclaredNames, declared);
}

}  // namespace switchback
