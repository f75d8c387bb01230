// SPDX-License-Identifier: Apache-2.0
// See monitor.hpp.
#include "vms/hosts/libvirt/monitor.hpp"

#include <fmt/format.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <nlohmann/json.hpp>

#include "vms/hosts/libvirt/backup_xml.hpp"
#include "vms/hosts/libvirt/bounded_call.hpp"

namespace switchback::libvirt {

Monitor::Monitor(Domain domain, Duration patience, std::shared_ptr<bool> silent)
    : domain_(std::move(domain)),
      name_(virDomainGetName(domain_.get())),
      patience_(patience),
      silent_(std::move(silent)) {}

template <class T, class Call>
Result<T> Monitor::bounded(const std::string& what, Call call) {
  if (*silent_)
    return environment_error(what + ": its QEMU did not answer before",
                             "continue or destroy the VM");
  const Deadline deadline = Deadline::after(patience_);
  auto result = bounded_call<T>(what, patience_, std::move(call));
  *silent_ = !result && deadline.passed();
  return result;
}

Result<nlohmann::json> Monitor::ask(const std::string& command, const nlohmann::json& arguments) {
  nlohmann::json request = {{"execute", command}};
  if (!arguments.empty()) request["arguments"] = arguments;
  const std::string what = fmt::format("VM {}: {}", name_, command);
  auto call = [domain = domain_, line = request.dump(), what]() -> Result<std::string> {
    char* raw = nullptr;
    if (virDomainQemuMonitorCommand(domain.get(), line.c_str(), &raw, 0) != 0)
      return libvirt_error(what);
    const OwnedString text(raw);
    return std::string(text.get());
  };
  SB_ASSIGN(line, bounded<std::string>(what, std::move(call)));
  const nlohmann::json answer = nlohmann::json::parse(line, nullptr, false);
  if (answer.is_object() && answer.contains("return")) return answer["return"];
  return environment_error(fmt::format("{}: {}", what, line), "see what QEMU says");
}

Result<std::optional<std::string>> Monitor::backup_socket() {
  const std::string what = fmt::format("backup job of VM {}", name_);
  using Socket = std::optional<std::string>;
  auto call = [domain = domain_, what]() -> Result<Socket> {
    const OwnedString xml(virDomainBackupGetXMLDesc(domain.get(), 0));
    if (!xml) {
      if (libvirt_error_code() == VIR_ERR_NO_DOMAIN_BACKUP) return std::nullopt;
      return libvirt_error(what);
    }
    SB_ASSIGN(socket, switchback::libvirt::backup_socket(xml.get()));
    if (!socket.empty()) return Socket(socket);
    return unsupported(what + ": its NBD server is not on a unix socket",
                       "let the backup serve on a unix socket of this machine");
  };
  return bounded<Socket>(what, std::move(call));
}

}  // namespace switchback::libvirt
