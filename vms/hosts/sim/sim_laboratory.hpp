// SPDX-License-Identifier: Apache-2.0
// The harness's hands and eyes in the simulated world: it owns both sites.
#pragma once

#include "harness/system/laboratory.hpp"
#include "vms/hosts/sim/sim_host.hpp"

namespace switchback::sim {

class SimLaboratory final : public Laboratory {
 public:
  Nothing create_item(const ItemSpec& item) override;
  Nothing remove_item(const ItemName& item) override;
  Nothing write(const ItemName& item, Site site, const std::vector<GuestWrite>& writes) override;
  Nothing flush(const ItemName& item, Site site) override;
  Result<std::unique_ptr<ImageReader>> open_disk(const ItemName& item, Site site,
                                                 std::size_t disk) override;
  Result<std::unique_ptr<ImageReader>> open_located(const ItemName& item, std::size_t disk,
                                                    const DiskLocator& locator) override;
  Result<LiveCopies> live_copies(const ItemName& item) override;
  Result<std::vector<CensusEntry>> census(const ItemName& item) override;
  [[nodiscard]] WireCount wire() override { return link_.count(); }

  SimLink& link() { return link_; }
  SimSite& site(Site site) { return site == Site::primary ? primary_ : recovery_; }

 private:
  Result<Vm*> running_vm(const ItemName& item, Site site);

  SimSite primary_{Site::primary};
  SimSite recovery_{Site::recovery};
  SimLink link_;
  SimHost primary_host_{primary_, link_};
};

}  // namespace switchback::sim
