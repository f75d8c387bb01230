// SPDX-License-Identifier: Apache-2.0
// See branches.hpp.
#include "harness/runner/branches.hpp"

namespace switchback {

Branches::Branches(std::vector<DiskGeometry> disks) {
  all_.push_back(std::make_unique<Journal>(std::move(disks)));
  current_ = all_.front().get();
}

Journal* Branches::fork(const std::vector<InitialBlock>& shown) {
  all_.push_back(
      std::make_unique<Journal>(of_points().fork(static_cast<std::uint32_t>(all_.size()), shown)));
  return all_.back().get();
}

void Branches::start_copy(const std::vector<InitialBlock>& shown) {
  Journal* const copy = fork(shown);
  // A copy that is started again in the same operation takes the place of itself.
  if (origin_ != nullptr && previous_ == nullptr) previous_ = current_;
  if (origin_ == nullptr) origin_ = current_;
  current_ = copy;
}

void Branches::back_to_previous_copy() {
  if (previous_ != nullptr) current_ = previous_;
  previous_ = nullptr;
}

void Branches::back_to_origin() {
  if (origin_ != nullptr) current_ = origin_;
  origin_ = nullptr;
  previous_ = nullptr;
}

void Branches::come_home() {
  origin_ = nullptr;
  previous_ = nullptr;
}

const Grains& Branches::known_grains(Bytes grain) {
  auto& [grains, taken] = known_[grain];
  grains.resize(all_.front()->disk_count());
  taken.resize(all_.size());
  for (std::size_t branch = 0; branch < all_.size(); ++branch) {
    add_known(grains, *all_[branch], taken[branch], grain);
    taken[branch] = all_[branch]->blocks().size();
  }
  return grains;
}

void Branches::start_test(const std::vector<InitialBlock>& shown) {
  test_ = fork(shown);
}

}  // namespace switchback
