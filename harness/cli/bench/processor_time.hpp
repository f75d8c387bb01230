// SPDX-License-Identifier: Apache-2.0
// Seconds that a processor spent on this process: what a thing costs, whatever else the machine
// does.
#pragma once

#include <sys/resource.h>

namespace switchback {

class ProcessorTime {
 public:
  /// Since this was made, of all threads, in the kernel too.
  [[nodiscard]] double seconds() const { return spent() - before_; }

 private:
  static double spent() {
    struct ::rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  static double seconds_of(const ::timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }

  double before_ = spent();
};

}  // namespace switchback
