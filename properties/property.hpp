// SPDX-License-Identifier: Apache-2.0
// A promise of DR systems, stated with its source, that holds for every sequence.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "properties/evidence.hpp"

namespace switchback {

/// How a promise was broken. `property` and `kind` together are the violation's identity: shrinking
/// keeps both, and findings are told apart by them.
struct Violation {
  std::string property;
  std::string kind;     ///< a short word, e.g. "lost_write"
  std::string message;  ///< with the numbers and blocks that prove it
};

/// What a property made of a piece of evidence.
class Verdict {
 public:
  static Verdict does_not_apply() { return Verdict(false, std::nullopt); }
  static Verdict holds() { return Verdict(true, std::nullopt); }
  /// The property's name is filled in by whoever asked it.
  static Verdict broken(std::string kind, std::string message) {
    return Verdict(true, Violation{{}, std::move(kind), std::move(message)});
  }

  [[nodiscard]] bool judged() const { return judged_; }
  [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }

 private:
  Verdict(bool judged, std::optional<Violation> violation)
      : judged_(judged), violation_(std::move(violation)) {}
  bool judged_;
  std::optional<Violation> violation_;
};

/// Stateless: one instance judges any number of sequences, from any number of threads.
class Property {
 public:
  virtual ~Property() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The promise in one sentence.
  [[nodiscard]] virtual std::string_view promise() const = 0;
  /// Who makes it, and where.
  [[nodiscard]] virtual std::string_view source() const = 0;

  [[nodiscard]] virtual Verdict after_operation(const OperationEvidence&) const {
    return Verdict::does_not_apply();
  }
  /// Jobs stand at points without number: only who says so is asked there.
  [[nodiscard]] virtual bool judges_job_points() const { return false; }
  [[nodiscard]] virtual Verdict at_job_point(const JobPointEvidence&) const {
    return Verdict::does_not_apply();
  }
  [[nodiscard]] virtual Verdict when_unprotected(const UnprotectedEvidence&) const {
    return Verdict::does_not_apply();
  }
  [[nodiscard]] virtual Verdict after_time(const TimeEvidence&) const {
    return Verdict::does_not_apply();
  }
  [[nodiscard]] virtual Verdict in_endless_wait(const EndlessWaitEvidence&) const {
    return Verdict::does_not_apply();
  }
  [[nodiscard]] virtual Verdict at_end(const EndEvidence&) const {
    return Verdict::does_not_apply();
  }
};

/// All of them, made anew; for who wants some of them only.
std::vector<std::unique_ptr<const Property>> make_all_properties();
/// All of them, in the order in which reports list them. Owned by the program.
const std::vector<std::unique_ptr<const Property>>& all_properties();

}  // namespace switchback
