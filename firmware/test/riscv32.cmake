# A bare-metal RISC-V with 32 bits, as the ESP32-C3 has, with picolibc and QEMU's board "virt".
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "--specs=picolibc.specs -march=rv32imac -mabi=ilp32 -misa-spec=2.2 -ffunction-sections -fdata-sections")
# 4 MB of flash and of memory from the start of QEMU's RAM on; semihosting is how it prints and ends.
string(JOIN " " CMAKE_EXE_LINKER_FLAGS_INIT
	--oslib=semihost --crt0=semihost -Wl,--gc-sections
	-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x00400000
	-Wl,--defsym=__ram=0x80400000,--defsym=__ram_size=0x00400000)
set(CMAKE_CROSSCOMPILING_EMULATOR
	qemu-system-riscv32 -M virt -bios none -nographic -monitor none -serial none
	-semihosting-config enable=on,target=native -kernel)
