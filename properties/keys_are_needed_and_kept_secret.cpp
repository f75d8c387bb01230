// SPDX-License-Identifier: Apache-2.0
// Promise: an encrypted replica is failed over only with its key, and no answer ever tells a key.
//
// Source: Azure Site Recovery's API takes key encryption certificates with every failover of an
// encrypted item (primaryKekCertificatePfx); the log scans that users ask for. Code SEC.
#include <fmt/format.h>

#include "properties/expected_failure.hpp"
#include "properties/properties.hpp"

namespace switchback {
namespace {

class KeysAreNeededAndKeptSecret final : public Property {
 public:
  [[nodiscard]] std::string_view name() const override { return "keys_are_needed_and_kept_secret"; }
  [[nodiscard]] std::string_view promise() const override {
    return "a failover of an encrypted item needs its key, and no state, reason or health text "
           "tells a key";
  }
  [[nodiscard]] std::string_view source() const override {
    return "Azure Site Recovery REST API, HyperVReplicaAzure failover input: key encryption "
           "certificates";
  }
  [[nodiscard]] Verdict after_operation(const OperationEvidence& evidence) const override {
    if (!evidence.item.policy.encrypted) return Verdict::does_not_apply();
    for (const std::string& key : evidence.keys)
      if (tells(evidence, key))
        return Verdict::broken("key_told", fmt::format("a key stands in what {} answered",
                                                       name_of(evidence.operation)));
    if (evidence.row == nullptr || !needs_key(evidence.operation)) return Verdict::holds();
    const bool right = evidence.request.key == evidence.keys.front();
    if (!right && std::holds_alternative<Done>(evidence.outcome))
      return Verdict::broken(
          "key_not_needed",
          fmt::format("{} was done {}", name_of(evidence.operation),
                      evidence.request.key.empty() ? "without a key" : "with a wrong key"));
    return Verdict::holds();
  }

 private:
  static bool tells(const OperationEvidence& evidence, const std::string& key) {
    if (key.empty()) return false;
    const ItemStatus& status = evidence.after.status;
    std::string said = reason_of(evidence.outcome) + status.health_reason;
    for (const RecoveryPoint& point : status.points)
      said += point.id;
    for (const CensusEntry& entry : evidence.after.census)
      said += entry.name;
    return said.find(key) != std::string::npos;
  }
};

}  // namespace

std::unique_ptr<const Property> keys_are_needed_and_kept_secret() {
  return std::make_unique<KeysAreNeededAndKeptSecret>();
}

}  // namespace switchback
