// SPDX-License-Identifier: Apache-2.0
// See dr_home.hpp.
#include "harness/cli/dr/dr_home.hpp"

#include <fmt/format.h>

#include "vms/hosts/libvirt/libvirt_world.hpp"
#include "vms/hosts/libvirt/run_folder.hpp"
#include "vms/recovery/sqlite_catalog.hpp"

namespace switchback {

Result<std::unique_ptr<DrHome>> DrHome::look(const std::filesystem::path& run) {
  return open(run, std::nullopt);
}

Result<std::unique_ptr<DrHome>> DrHome::control(const std::filesystem::path& run,
                                                ControllerLock lock) {
  return open(run, std::move(lock));
}

Result<std::unique_ptr<DrHome>> DrHome::open(const std::filesystem::path& run,
                                             std::optional<ControllerLock> lock) {
  SB_ASSIGN(lab, read_lab_file(run));
  SB_ASSIGN(lead, read_clock_lead(run));
  SB_ASSIGN(faults, read_faults(run));
  std::unique_ptr<DrHome> home(new DrHome(run, std::move(lab)));
  if (lock) home->lock_.emplace(std::move(*lock));
  home->clock_lead_ = lead;
  SB_ASSIGN(sites, libvirt::JoinedSites::join(run));
  home->sites_ = std::move(sites);
  SB_ASSIGN(meter, libvirt::meter_between(home->sites_->connection(Site::primary).site(),
                                          home->sites_->connection(Site::recovery).site()));
  home->meter_ = std::move(meter);
  SB_ASSIGN(catalog, recovery::SqliteCatalog::open((run / "dr.sqlite").string()));
  recovery::ServiceParts parts = libvirt::reference_service_on(
      home->sites_->connection(Site::primary), home->sites_->connection(Site::recovery),
      *home->meter_, home->lab_.use_kvm, std::move(catalog), recovery::reference_stages());
  home->system_ = std::make_unique<recovery::ReferenceSystem>(std::move(parts));
  home->catch_up();
  for (const FaultKind fault : faults)
    SB_TRY(home->system_->inject(fault));
  SB_TRY(home->system_->restore());
  return home;
}

DrHome::~DrHome() {
  system_.reset();
  meter_.reset();
  sites_.reset();
}

Instant DrHome::now() const {
  return std::max(system_->now(), wall_clock() + clock_lead_);
}

void DrHome::catch_up() {
  system_->set_clock(now());
}

Nothing DrHome::keep_clock() {
  clock_lead_ = std::max(clock_lead_, system_->now() - wall_clock());
  return write_clock_lead(run_, clock_lead_);
}

Result<ItemSpec> DrHome::item(const std::string& name) const {
  std::string known;
  for (const ItemSpec& item : lab_.items) {
    if (item.name == name || (name.empty() && lab_.items.size() == 1)) return item;
    known += (known.empty() ? "" : ", ") + item.name;
  }
  return bad_input(name.empty() ? "there are several VMs" : fmt::format("there is no VM {}", name),
                   "name one of: " + known);
}

Result<std::filesystem::path> lab_in(const std::optional<std::filesystem::path>& base) {
  return find_lab(base.value_or(libvirt::default_run_base()));
}

Result<std::unique_ptr<DrHome>> control_lab(const std::optional<std::filesystem::path>& base) {
  SB_ASSIGN(run, lab_in(base));
  SB_ASSIGN(lock, ControllerLock::take(run));
  return DrHome::control(run, std::move(lock));
}

Result<std::unique_ptr<DrHome>> look_at_lab(const std::optional<std::filesystem::path>& base) {
  SB_ASSIGN(run, lab_in(base));
  return DrHome::look(run);
}

}  // namespace switchback
