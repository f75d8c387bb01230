// SPDX-License-Identifier: Apache-2.0
// See declared_adapters.hpp.
#include "properties/declared_adapters.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace switchback {
namespace {

/// As many, each with a MAC address that none of the original's has and no other of its own.
bool all_macs_are_new(const std::vector<Nic>& found, const std::vector<Nic>& wanted) {
  std::set<std::string> used;
  for (const Nic& nic : wanted)
    used.insert(nic.mac);
  return found.size() == wanted.size() &&
         std::all_of(found.begin(), found.end(), [&](const Nic& nic) {
           return !nic.mac.empty() && used.insert(nic.mac).second;
         });
}

/// The same adapters in the same order, plugged in nowhere.
bool all_are_disconnected(const std::vector<Nic>& found, const std::vector<Nic>& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](const Nic& one, const Nic& other) {
                      return one.mac == other.mac && one.address == other.address &&
                             one.network.empty();
                    });
}

}  // namespace

bool adapters_as_declared(const SeenVm& vm, const std::vector<Nic>& wanted,
                          const Capabilities& capabilities) {
  const std::vector<Nic>& found = vm.hardware.nics;
  if (vm.site != Site::recovery || wanted.empty() || found == wanted) return false;
  if (vm.test)
    return (capabilities.declares(Declared::no_test_adapters) && found.empty()) ||
           (capabilities.declares(Declared::new_test_macs) && all_macs_are_new(found, wanted));
  return capabilities.declares(Declared::disconnected_adapters) &&
         all_are_disconnected(found, wanted);
}

}  // namespace switchback
