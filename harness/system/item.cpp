// SPDX-License-Identifier: Apache-2.0
// See item.hpp.
#include "harness/system/item.hpp"

#include <fmt/format.h>

namespace switchback {

std::string vm_name(const ItemSpec& item, std::size_t vm) {
  return item.vms.size() == 1 ? item.name : fmt::format("{}-{}", item.name, vm + 1);
}

std::string test_vm_name(const std::string& vm) {
  return vm + "-test";
}

}  // namespace switchback
