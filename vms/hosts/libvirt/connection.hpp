// SPDX-License-Identifier: Apache-2.0
// Connections to libvirt, with owned handles and errors as values.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <libvirt/libvirt.h>
#include <nlohmann/json_fwd.hpp>

#include "harness/base/result.hpp"
#include "vms/hosts/libvirt/site_config.hpp"

namespace switchback::libvirt {

struct FreeDomain {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
struct FreeCheckpoint {
  void operator()(virDomainCheckpointPtr checkpoint) const { virDomainCheckpointFree(checkpoint); }
};
struct FreeString {
  void operator()(char* text) const { free(text); }
};
using Domain = std::unique_ptr<std::remove_pointer_t<virDomainPtr>, FreeDomain>;
using Checkpoint = std::unique_ptr<std::remove_pointer_t<virDomainCheckpointPtr>, FreeCheckpoint>;
using OwnedString = std::unique_ptr<char, FreeString>;

/// The last libvirt error of this thread: "what: message (code n)".
tl::unexpected<Error> libvirt_error(const std::string& what);
/// Its code (virErrorNumber).
int libvirt_error_code();

/// Which domains are listed.
enum class Listed : unsigned { all = 0, running = VIR_CONNECT_LIST_DOMAINS_ACTIVE };

/// A connection to one site's libvirt. Thread-safe, as libvirt's are. If the daemon died and is up
/// again, the next use connects anew. The first one has this process ignore SIGPIPE.
class Connection {
 public:
  /// An unreachable URI is an Error that names it.
  static Result<std::unique_ptr<Connection>> open(const SiteConfig& site);
  /// To a site that is known and can't be reached: every call is an Error.
  static std::unique_ptr<Connection> unreachable(const SiteConfig& site);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const SiteConfig& site() const { return site_; }
  /// Lives as long as this object. Asks the daemon for a sign of life first.
  [[nodiscard]] virConnectPtr raw() const;

  /// The domain of that VM of this run, if it is defined; only one that bears the run's mark.
  Result<std::optional<Domain>> find_domain(const std::string& vm) const;
  /// The same, where it must exist.
  Result<Domain> domain(const std::string& vm) const;
  /// The domains of this run whose VM name is wanted (none given: all), by that name. Of the others
  /// nothing is asked: one that is just being started would keep us waiting.
  using NameFilter = std::function<bool(const std::string& vm)>;
  Result<std::vector<std::pair<std::string, Domain>>> domains(const NameFilter& wanted = {},
                                                              Listed listed = Listed::all) const;
  Result<Domain> define(const std::string& xml) const;

  /// Has the daemon read a schema once, before several threads make it do so at once: libvirt 9.0
  /// leaves the set-up of libxml2's schema types to the first use, and two first uses at a time
  /// fail with "Error type 'unsignedInt' is not exported by type library" (seen with two
  /// checkpoints).
  void load_schemas() const;

 private:
  Connection(virConnectPtr connection, SiteConfig site)
      : opened_{connection}, site_(std::move(site)) {}
  mutable std::mutex mutex_;
  /// The newest last. Those of daemons that died are kept: another thread may still use them.
  mutable std::vector<virConnectPtr> opened_;
  SiteConfig site_;
};

/// All that libvirt may know of a domain besides its definition goes with it.
inline constexpr unsigned kUndefineAll =
    VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
    VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_NVRAM;

Result<bool> is_active(const Domain& domain);
/// True if the domain's metadata names this run.
bool bears_mark(virDomainPtr domain, const std::string& run_id);
/// Sends a QMP command and gives its "return"; a QMP error is an Error with its text.
Result<nlohmann::json> qmp(const Domain& domain, const nlohmann::json& command);
/// The names of the checkpoints that libvirt knows of.
Result<std::vector<std::string>> checkpoint_names(const Domain& domain);

}  // namespace switchback::libvirt
