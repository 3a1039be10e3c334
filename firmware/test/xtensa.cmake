# The compiler of the ESP8266 stands for the Xtensa of ESP32 and ESP32-S3: it compiles the core, nothing is run.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR xtensa)
set(CMAKE_C_COMPILER xtensa-lx106-elf-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# The package keeps its specs outside of the compiler's path.
find_file(PICOLIBC_SPECS picolibc.specs PATHS /usr/lib/xtensa-lx106-elf NO_DEFAULT_PATH REQUIRED)
set(CMAKE_C_FLAGS_INIT "--specs=${PICOLIBC_SPECS} -mlongcalls -ffunction-sections -fdata-sections")
