// SPDX-License-Identifier: Apache-2.0
// See kvm_probe.hpp.
#include "vms/hosts/libvirt/kvm_probe.hpp"

#include <array>
#include <chrono>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

/// A working KVM needs a few hundredths of a second for it, TCG 0.15 s, a hanging one 5 s
/// (measured).
constexpr std::chrono::milliseconds kProbePatience{1500};
/// The debug exit device makes (value << 1) | 1 of what is written to it.
constexpr unsigned char kValue = 42;
constexpr int kExpectedStatus = (kValue << 1) | 1;

/// mov al,42; out 0xf4,al; hlt; jmp to the hlt; and the boot signature.
std::array<unsigned char, 512> boot_sector() {
  std::array<unsigned char, 512> sector{0xb0, kValue, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd};
  sector[510] = 0x55;
  sector[511] = 0xaa;
  return sector;
}

}  // namespace

Result<KvmProbe> probe_kvm(const std::filesystem::path& folder, const std::string& run_id,
                           std::optional<uid_t> user, const std::filesystem::path& device) {
  if (access(device.c_str(), F_OK) != 0)
    return KvmProbe{false, fmt::format("KVM: absent (no {}); using TCG", device.string())};
  const std::filesystem::path image = folder / "kvm-probe.bin";
  const std::array<unsigned char, 512> sector = boot_sector();
  std::ofstream(image, std::ios::binary)
      .write(reinterpret_cast<const char*>(sector.data()), sector.size());
  // QEMU's temporary file: our own $TMPDIR need not be open to that user.
  std::vector<std::string> command{"env", "TMPDIR=/var/tmp"};
  if (user)
    command.insert(command.end(), {"setpriv", "--reuid", std::to_string(*user), "--regid",
                                   std::to_string(*user), "--clear-groups"});
  command.insert(
      command.end(),
      {"qemu-system-x86_64", "-accel", "kvm", "-M", "pc", "-m", "16", "-nodefaults", "-display",
       "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1", "-drive",
       fmt::format("file={},format=raw,if=ide,snapshot=on", image.string()), "-serial", "none",
       "-monitor", "none"});
  SB_ASSIGN(finished, finish_program(run_id, command, kProbePatience));
  std::error_code ignored;
  std::filesystem::remove(image, ignored);
  if (!finished.late && finished.status == kExpectedStatus) return KvmProbe{true, "KVM: usable"};
  const std::string reason =
      finished.late ? fmt::format("a 7-byte program did not end in {} ms", kProbePatience.count())
                    : finished.err.substr(0, finished.err.find('\n'));
  return KvmProbe{false, fmt::format("KVM: present but unusable ({}); using TCG", reason)};
}

}  // namespace switchback::libvirt
