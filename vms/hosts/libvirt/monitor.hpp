// SPDX-License-Identifier: Apache-2.0
// What libvirt has no call for is asked of a VM's QEMU itself, through libvirt's own connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <libvirt/libvirt.h>
#include <nlohmann/json.hpp>

#include "harness/base/result.hpp"
#include "harness/base/units.hpp"
#include "vms/hosts/libvirt/connection.hpp"

namespace switchback::libvirt {

/// The QEMU monitor of a running domain. Every call gives up after `patience`; once one did, all
/// later ones give up at once.
class Monitor {
 public:
  /// `silent` is set once a call was given up; monitors may share it. libvirt may then leave later
  /// calls of the same connection unanswered too (seen with two pending): use a new one.
  Monitor(Domain domain, Duration patience,
          std::shared_ptr<bool> silent = std::make_shared<bool>(false));

  /// Runs one QMP command; the value is what it returned. QEMU's own errors are Errors.
  Result<nlohmann::json> ask(const std::string& command,
                             const nlohmann::json& arguments = nlohmann::json::object());

  /// The unix socket of the NBD server of the pull-mode backup that runs now; none if none runs.
  Result<std::optional<std::string>> backup_socket();

  [[nodiscard]] const std::string& domain_name() const { return name_; }

 private:
  template <class T, class Call>
  Result<T> bounded(const std::string& what, Call call);

  std::shared_ptr<std::remove_pointer_t<virDomainPtr>> domain_;  ///< shared with calls given up
  std::string name_;
  Duration patience_;
  std::shared_ptr<bool> silent_;
};

}  // namespace switchback::libvirt
