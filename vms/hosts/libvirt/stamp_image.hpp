// SPDX-License-Identifier: Apache-2.0
// Reads a real disk image as the journal's blocks.
#pragma once

#include <functional>

#include "harness/journal/image.hpp"
#include "harness/journal/stamp.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"

namespace switchback::libvirt {

/// Visits the stamped blocks of an open disk. Only what is allocated is read, in large pieces.
Nothing visit_disk(NbdDisk& disk, const StampOwner& owner,
                   const std::function<void(BlockNumber, Shown)>& visit);

/// An image over a connection of its own.
class StampImage final : public ImageReader {
 public:
  StampImage(NbdDisk disk, const StampOwner& owner) : disk_(std::move(disk)), owner_(owner) {}

  [[nodiscard]] Bytes size_bytes() const override { return disk_.size_bytes(); }
  Nothing visit_blocks(const std::function<void(BlockNumber, Shown)>& visit) override {
    return visit_disk(disk_, owner_, visit);
  }

 private:
  NbdDisk disk_;
  StampOwner owner_;
};

}  // namespace switchback::libvirt
