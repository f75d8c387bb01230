// SPDX-License-Identifier: Apache-2.0
// Runs numbered pieces of work on several threads and hands over the results in order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace switchback {

/// So much work at most is begun ahead of the first result that was not taken yet.
inline constexpr std::uint64_t kMostAhead = 256;

/// Calls `work(index)` for 0, 1, 2, ... on `jobs` threads, and `take(index, result)` on the calling
/// thread in ascending order, until `take` or `may_start(index)` says no. Work that was begun is
/// waited for; its results are dropped once `take` has said no. `work(index)` begins once all
/// results up to that of `index` - kMostAhead have been taken.
template <class Result>
void in_order(unsigned jobs, const std::function<bool(std::uint64_t)>& may_start,
              const std::function<Result(std::uint64_t)>& work,
              const std::function<bool(std::uint64_t, Result)>& take) {
  if (jobs <= 1) {
    for (std::uint64_t index = 0; may_start(index); ++index)
      if (!take(index, work(index))) return;
    return;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, Result> finished;
  std::uint64_t next_to_start = 0;
  std::uint64_t next_to_take = 0;
  unsigned working = jobs;
  bool stop = false;
  // Results that may wait for an earlier, slower one.
  const std::uint64_t ahead = std::min<std::uint64_t>(64ULL * jobs, kMostAhead);

  const auto worker = [&] {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || next_to_start < next_to_take + ahead; });
      if (stop || !may_start(next_to_start)) break;
      const std::uint64_t index = next_to_start++;
      lock.unlock();
      Result result = work(index);
      lock.lock();
      finished.emplace(index, std::move(result));
      changed.notify_all();
    }
    --working;
    changed.notify_all();
  };
  std::vector<std::thread> threads;
  for (unsigned n = 0; n < jobs; ++n)
    threads.emplace_back(worker);

  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return working == 0 || finished.contains(next_to_take); });
    const auto ready = finished.find(next_to_take);
    if (ready == finished.end()) break;  // nobody works on it, nobody will
    Result result = std::move(ready->second);
    finished.erase(ready);
    lock.unlock();
    const bool go_on = take(next_to_take, std::move(result));
    lock.lock();
    ++next_to_take;
    changed.notify_all();
    if (go_on) continue;
    stop = true;
    changed.notify_all();
    break;
  }
  lock.unlock();
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace switchback
