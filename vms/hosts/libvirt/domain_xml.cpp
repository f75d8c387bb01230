// SPDX-License-Identifier: Apache-2.0
// See domain_xml.hpp.
#include "vms/hosts/libvirt/domain_xml.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "vms/guest/wire.hpp"
#include "vms/hosts/libvirt/xml_nodes.hpp"

namespace switchback::libvirt {
namespace {

/// Where Debian's package ovmf keeps UEFI for VMs, and the template of its variables.
struct UefiFiles {
  const char* code;
  const char* variables;
};
constexpr std::array kUefi = {
    UefiFiles{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
    UefiFiles{"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"}};

/// The mark of the run, and what of the definition XML has no words for.
void add_metadata(pugi::xml_node domain, const SiteConfig& site, const recovery::VmDefinition& vm) {
  pugi::xml_node run = add(add(domain, "metadata"), "switchback:run");
  set(run, "xmlns:switchback", kMetadataUri);
  set(run, "id", site.run_id);
  set(run, "isolated", vm.isolated_network);
  for (const Nic& nic : vm.hardware.nics) {
    pugi::xml_node node = add(run, "switchback:nic");
    set(node, "network", nic.network);
    set(node, "address", nic.address);
  }
}

const UefiFiles* find_uefi() {
  const auto* const found = std::find_if(kUefi.begin(), kUefi.end(), [](const UefiFiles& files) {
    return access(files.code, R_OK) == 0 && access(files.variables, R_OK) == 0;
  });
  return found == kUefi.end() ? nullptr : found;
}

Nothing add_firmware(pugi::xml_node os, const SiteConfig& site, const recovery::VmDefinition& vm) {
  if (vm.hardware.firmware == Firmware::bios) return {};
  if (site.guest)
    return unsupported(fmt::format("VM {} wants UEFI, and its guest boots without it", vm.name),
                       "give it BIOS, or --guest none");
  const UefiFiles* const found = find_uefi();
  if (found == nullptr)
    return unsupported(fmt::format("VM {} wants UEFI, and there is none on this machine", vm.name),
                       "apt-get install ovmf");
  pugi::xml_node loader = add(os, "loader", found->code);
  set(loader, "readonly", "yes");
  set(loader, "type", "pflash");
  pugi::xml_node variables =
      add(os, "nvram", (site.storage / (site.domain_name(vm.name) + ".nvram")).string().c_str());
  set(variables, "template", found->variables);
  return {};
}

/// The kernel's words. Without ACPI and with most of what it tries out left off, it comes up in
/// half of the time (measured); `reboot=t`: its end, which its host takes for a shutdown.
std::string kernel_arguments(const std::string& domain) {
  return "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable cryptomgr.notests=1 "
         "mitigations=off reboot=t vmid=" +
         domain;
}

void add_guest(pugi::xml_node os, const GuestImage& guest, const std::string& domain) {
  add(os, "kernel", guest.kernel.c_str());
  add(os, "initrd", guest.initrd.c_str());
  add(os, "cmdline", kernel_arguments(domain).c_str());
}

void add_channel(pugi::xml_node devices, const char* name, const std::filesystem::path& socket) {
  pugi::xml_node channel = add(devices, "channel");
  set(channel, "type", "unix");
  pugi::xml_node source = add(channel, "source");
  set(source, "mode", "bind");
  set(source, "path", socket.string());
  pugi::xml_node target = add(channel, "target");
  set(target, "type", "virtio");
  set(target, "name", name);
}

/// Ways to talk to the guest, and where its console goes.
void add_guest_devices(pugi::xml_node devices, const SiteConfig& site, const std::string& vm) {
  pugi::xml_node serial = add(devices, "serial");
  set(serial, "type", "file");
  set(add(serial, "source"), "path", site.console_log(vm).string());
  add_channel(devices, guest::kAgentPort, site.agent_socket(vm));
  add_channel(devices, "org.qemu.guest_agent.0", site.qemu_agent_socket(vm));
}

/// What an encrypted disk rests on: libvirt can't find it by itself, for it has no key to it.
void add_chain(pugi::xml_node disk, const EncryptedChain& chain) {
  add_encryption(disk.child("source"), chain.secret_uuid);
  pugi::xml_node layer = disk;
  for (std::size_t n = 1; n < chain.files.size(); ++n) {
    layer = add(layer, "backingStore");
    set(layer, "type", "file");
    set(add(layer, "format"), "type", "qcow2");
    pugi::xml_node source = add(layer, "source");
    set(source, "file", chain.files[n].string());
    add_encryption(source, chain.secret_uuid);
  }
  add(layer, "backingStore");  // empty: the end
}

pugi::xml_node add_disk(pugi::xml_node devices, const SiteConfig& site,
                        const recovery::VmDisk& disk) {
  pugi::xml_node node = add(devices, "disk");
  set(node, "type", "file");
  set(node, "device", "disk");
  pugi::xml_node driver = add(node, "driver");
  set(driver, "name", "qemu");
  set(driver, "type", "qcow2");
  set(driver, "discard", "unmap");
  set(add(node, "source"), "file", site.volume_path(disk.volume).string());
  pugi::xml_node target = add(node, "target");
  set(target, "dev", disk.device);
  set(target, "bus", "virtio");
  // By which a guest knows its disks.
  if (site.guest) add(node, "serial", disk.device.c_str());
  return node;
}

void add_disks(pugi::xml_node devices, const SiteConfig& site, const recovery::VmDefinition& vm,
               const DomainOptions& options) {
  for (std::size_t n = 0; n < vm.disks.size(); ++n) {
    pugi::xml_node disk = add_disk(devices, site, vm.disks[n]);
    if (n == vm.hardware.boot_disk) set(add(disk, "boot"), "order", "1");
    if (n < options.chains.size() && options.chains[n]) add_chain(disk, *options.chains[n]);
  }
}

void add_nic(pugi::xml_node devices, const Nic& nic, const Segment& segment) {
  pugi::xml_node node = add(devices, "interface");
  set(node, "type", segment.type);
  set(add(node, "mac"), "address", nic.mac);
  if (segment.type == "mcast") {
    pugi::xml_node source = add(node, "source");
    set(source, "address", segment.address);
    set(source, "port", std::to_string(segment.port));
  }
  set(add(node, "model"), "type", "virtio");
  // Without its ROM nothing can boot over it, and nothing more need be installed for it.
  set(add(node, "rom"), "enabled", "no");
}

/// Lets a second writer onto the disk besides the guest: QEMU refuses it otherwise.
void share_disk(pugi::xml_node override_node, std::size_t number) {
  pugi::xml_node device = add(override_node, "qemu:device");
  set(device, "alias", fmt::format("virtio-disk{}", number));
  pugi::xml_node property = add(add(device, "qemu:frontend"), "qemu:property");
  set(property, "name", "share-rw");
  set(property, "type", "bool");
  set(property, "value", "true");
}

/// At each start libvirt asks QEMU for every feature of the CPU by itself, some 400 requests of
/// which QEMU reads each byte with eight system calls: more than half of the start. Told that it
/// can't, it takes the two words that hold them all, as it did before.
void ask_for_cpu_features_at_once(pugi::xml_node domain) {
  set(add(add(domain, "qemu:capabilities"), "qemu:del"), "capability", "cpu-unavailable-features");
}

Result<pugi::xml_node> load(pugi::xml_document& document, const std::string& xml) {
  if (document.load_string(xml.c_str())) return document.child("domain");
  return environment_error("the domain's XML can't be read", "see virsh dumpxml");
}

/// Of the definition. libvirt gives memory in KiB.
Bytes memory_in(pugi::xml_node domain) {
  const Bytes all = Bytes{domain.child("memory").text().as_ullong()} * 1024;
  return domain.child("os").child("kernel") ? all - std::min(all, kGuestMemory) : all;
}

std::string volume_name(const SiteConfig& site, const std::filesystem::path& file) {
  const std::string name = file.stem().string();
  return name.starts_with(site.prefix()) ? name.substr(site.prefix().size()) : name;
}

}  // namespace

bool has_uefi() {
  return find_uefi() != nullptr;
}

Result<std::string> domain_xml(const SiteConfig& site, const recovery::VmDefinition& vm,
                               const DomainOptions& options) {
  pugi::xml_document document;
  pugi::xml_node domain = document.append_child("domain");
  set(domain, "type", options.use_kvm ? "kvm" : "qemu");
  set(domain, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
  add(domain, "name", site.domain_name(vm.name).c_str());
  if (!options.uuid.empty()) add(domain, "uuid", options.uuid.c_str());
  add_metadata(domain, site, vm);
  const Bytes memory_bytes = vm.hardware.memory_bytes + (site.guest ? kGuestMemory : 0);
  pugi::xml_node memory = add(domain, "memory", std::to_string(memory_bytes / 1024).c_str());
  set(memory, "unit", "KiB");
  add(domain, "vcpu", std::to_string(vm.hardware.cpus).c_str());
  pugi::xml_node os = add(domain, "os");
  pugi::xml_node type = add(os, "type", "hvm");
  set(type, "arch", "x86_64");
  set(type, "machine", "pc");
  SB_TRY(add_firmware(os, site, vm));
  if (site.guest) add_guest(os, *site.guest, site.domain_name(vm.name));
  add(domain, "on_poweroff", "destroy");
  add(domain, "on_reboot", "destroy");
  add(domain, "on_crash", "destroy");
  pugi::xml_node devices = add(domain, "devices");
  add_disks(devices, site, vm, options);
  pugi::xml_node usb = add(devices, "controller");
  set(usb, "type", "usb");
  set(usb, "model", "none");
  for (const Nic& nic : vm.hardware.nics)
    add_nic(devices, nic,
            segment_of(site, vm.isolated_network.empty() ? nic.network : vm.isolated_network));
  if (site.guest) add_guest_devices(devices, site, vm.name);
  set(add(devices, "memballoon"), "model", "none");
  pugi::xml_node override_node = add(domain, "qemu:override");
  for (const recovery::VmDisk& disk : vm.disks)
    share_disk(override_node, disk_number(disk.device));
  ask_for_cpu_features_at_once(domain);
  return text_of(document);
}

Result<recovery::VmDefinition> definition_in(const SiteConfig& site, const std::string& xml) {
  pugi::xml_document document;
  SB_ASSIGN(domain, load(document, xml));
  const pugi::xml_node devices = domain.child("devices");
  recovery::VmDefinition vm{.name = domain.child("name").text().get(), .disks = {}};
  if (vm.name.starts_with(site.prefix())) vm.name.erase(0, site.prefix().size());
  vm.hardware.cpus = domain.child("vcpu").text().as_uint();
  vm.hardware.memory_bytes = memory_in(domain);
  if (domain.child("os").child("loader")) vm.hardware.firmware = Firmware::uefi;
  for (const pugi::xml_node disk : devices.children("disk")) {
    if (disk.child("boot").attribute("order").as_uint() == 1)
      vm.hardware.boot_disk = vm.disks.size();
    vm.disks.push_back({disk.child("target").attribute("dev").value(),
                        volume_name(site, disk.child("source").attribute("file").value())});
  }
  const pugi::xml_node run = domain.child("metadata").find_child([](const pugi::xml_node& node) {
    return std::string_view(node.name()).ends_with(":run");
  });
  vm.isolated_network = run.attribute("isolated").value();
  pugi::xml_node note = run.first_child();
  for (const pugi::xml_node nic : devices.children("interface")) {
    vm.hardware.nics.push_back({.mac = nic.child("mac").attribute("address").value(),
                                .network = note.attribute("network").value(),
                                .address = note.attribute("address").value()});
    note = note.next_sibling();
  }
  return vm;
}

Result<std::vector<DiskFile>> disk_files(const std::string& xml) {
  pugi::xml_document document;
  SB_ASSIGN(domain, load(document, xml));
  std::vector<DiskFile> files;
  for (const pugi::xml_node disk : domain.child("devices").children("disk"))
    files.push_back({disk.child("target").attribute("dev").value(),
                     disk.child("source").attribute("file").value()});
  return files;
}

std::size_t disk_number(const std::string& device) {
  return device.empty() ? 0 : static_cast<std::size_t>(device.back() - 'a');
}

Result<std::vector<Segment>> segments_in(const std::string& xml) {
  pugi::xml_document document;
  SB_ASSIGN(domain, load(document, xml));
  std::vector<Segment> segments;
  for (const pugi::xml_node nic : domain.child("devices").children("interface"))
    segments.push_back({.type = nic.attribute("type").value(),
                        .address = nic.child("source").attribute("address").value(),
                        .port = nic.child("source").attribute("port").as_uint()});
  return segments;
}

std::string run_id_in_metadata(const std::string& element) {
  pugi::xml_document document;
  if (!document.load_string(element.c_str())) return {};
  return document.first_child().attribute("id").value();
}

}  // namespace switchback::libvirt
