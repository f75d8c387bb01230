// SPDX-License-Identifier: Apache-2.0
// Holds images against the journal, but not the same reading twice against the same history.
#pragma once

#include "harness/runner/images.hpp"

namespace switchback {

class CutMemory {
 public:
  /// What check_cut() says. Journals that were given here must live on.
  const CutReport& check(const GroupImage& image, const Journal& journal) {
    if (journal_ == &journal && tick_ == journal.now() && one_reading(image_, image))
      return report_;
    report_ = check_cut(image, journal);
    image_ = image;
    journal_ = &journal;
    tick_ = journal.now();
    return report_;
  }

 private:
  GroupImage image_;
  const Journal* journal_ = nullptr;
  Tick tick_ = 0;  ///< of the journal, which does not change without it
  CutReport report_;
};

}  // namespace switchback
