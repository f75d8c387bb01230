// SPDX-License-Identifier: Apache-2.0
// See finding_file.hpp.
#include "harness/campaign/finding_file.hpp"

#include <system_error>

#include <fmt/format.h>

namespace switchback {

std::filesystem::path finding_file(const std::filesystem::path& folder,
                                   const SystemUnderTest& system, const std::string& property,
                                   const std::string& kind) {
  std::string name = fmt::format("{}-{}", property, kind);
  if (system.world != "sim") name += "-" + system.world;
  if (system.variant) name += "-" + *system.variant;
  if (system.defect) name += "-" + *system.defect;
  return folder / (name + ".json");
}

std::filesystem::path keep_once(const std::filesystem::path& draft, std::size_t steps,
                                const Violation& violation, const SystemUnderTest& system,
                                const std::vector<KnownFinding>& known) {
  std::error_code error;
  const KnownFinding* shortest = nullptr;
  for (const KnownFinding& one : known)
    if (one.property == violation.property && one.kind == violation.kind && one.steps <= steps &&
        (shortest == nullptr || one.steps < shortest->steps))
      shortest = &one;
  if (shortest != nullptr && std::filesystem::exists(shortest->file, error)) {
    std::filesystem::remove(draft, error);
    return shortest->file;
  }
  const std::filesystem::path file =
      finding_file(draft.parent_path(), system, violation.property, violation.kind);
  std::filesystem::rename(draft, file, error);
  return error ? draft : file;
}

}  // namespace switchback
